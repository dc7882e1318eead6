"""What hypothesis draws for the laws of the engine: flows of trades, period sets, looks and ticks in between."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, SeedBars
from klagg_tui.engine.period import MINUTE_MS, Period
from tests.makers import SYMBOL, candle
from tests.oracle import Candle, Deal, candles

STARTS = (
    1_723_075_200_000,  # a day's open
    1_723_420_740_000,  # 2024-08-11 23:59, the last minute of a week
    1_725_148_680_000,  # 2024-08-31 23:58, of a month (and a day before a week's end)
    1_723_075_200_000 + 3_540_000,  # an hour's last minute
)
HELD = 64
LATEST_MS = 50 * MINUTE_MS
"""How late a trade may be in these flows: well within the held minutes."""


def with_decimals(units: int, decimals: int) -> str:
    """A number of 10**-decimals as an exchange writes it."""
    return f"{units // 10**decimals}.{units % 10**decimals:0{decimals}}"


def eight_decimals(units: int) -> str:
    """A quantity of so many 1e-8."""
    return with_decimals(units, 8)


def twelve_decimals(units: int) -> str:
    """A price of so many 1e-12."""
    return with_decimals(units, 12)


_STEPS_MS = st.sampled_from([0, 0, 1, 7, 999, 20_000, 59_999, 60_000, 61_500, 150_000, 310_000])
_LONG_STEPS_MS = st.just(3_700_000)
_BACK_MS = st.sampled_from([-1, -900, -30_000, -60_000, -400_000, -LATEST_MS])
_PRICES = st.one_of(
    st.sampled_from(
        ["61800.30", "61800.3", "61800.31", "0.00000001", "0.000000000001", "0.5", "1", "99999999.99999999", "100.10"]
    ),
    st.integers(1, 10**16).map(eight_decimals),
    st.integers(1, 10**20).map(twelve_decimals),
)
_QUANTITIES = st.one_of(
    st.sampled_from(["0.001", "1", "0.00000001", "1000000000000", "999999999999.99999999", "12.345"]),
    st.integers(1, 10**20).map(eight_decimals),
)

law = settings(max_examples=max(25, settings().max_examples // 4))
"""Fewer examples than elsewhere: each is a flow of trades through several engines."""

period_sets = st.lists(st.sampled_from(Period), max_size=15).map(tuple)
kinds = (Period.M1, Period.M3, Period.M5, Period.H1, Period.D1, Period.W1, Period.MO1)
"""One period of each kind."""


@st.composite
def flows(draw: st.DrawFn, *, min_size: int = 1, max_size: int = 16, late: bool = True) -> list[Deal]:
    """Trades with consecutive aggregate ids; ids of fills have holes, times may go back."""
    steps = [_STEPS_MS] * 9 + [_LONG_STEPS_MS] + [_BACK_MS] * 3 * late
    first_ms = now_ms = newest_ms = draw(st.sampled_from(STARTS))
    aggregate_id = draw(st.sampled_from([0, 1, 5_266_583]))
    fill_id = 1
    made: list[Deal] = []
    for price, quantity, step_ms, is_maker, fills, hole in draw(
        st.lists(
            st.tuples(_PRICES, _QUANTITIES, st.one_of(steps), st.booleans(), st.integers(1, 4), st.integers(0, 2)),
            min_size=min_size,
            max_size=max_size,
        )
    ):
        now_ms = max(now_ms + step_ms, newest_ms - LATEST_MS, first_ms)
        newest_ms = max(newest_ms, now_ms)
        fill_id += hole
        made.append(Deal(price, quantity, now_ms, is_maker, aggregate_id, fill_id, fill_id + fills - 1))
        aggregate_id += 1
        fill_id += fills
    return made


def seed(deals: list[Deal]) -> SeedBars:
    """The flow's first minute, with nothing missing before its first trade."""
    minute_ms = deals[0].traded_ms // MINUTE_MS * MINUTE_MS
    return SeedBars(SYMBOL, minute_ms, (), None, deals[0].aggregate_id)


def following(periods: tuple[Period, ...], *, holds_gaps: bool = False) -> KlineEngine:
    """An engine that follows the flow's symbol."""
    made = KlineEngine(periods, holds_gaps=holds_gaps, held_minutes=HELD)
    made.handle(AddSymbol(SYMBOL, 0))
    return made


def expected(deals: list[Deal], periods: tuple[Period, ...], until_ms: int = 0) -> dict[tuple[Period, int], Candle]:
    """The oracle's bars for an engine that keeps these periods."""
    labels = [str(period) for period in sorted({Period.M1, *periods})]
    return {(Period(label), at_ms): made for (label, at_ms), made in candles(deals, labels, until_ms).items()}


def values(bars: Mapping[tuple[str, Period, int], Bar]) -> dict[tuple[Period, int], Candle]:
    """Bars in the oracle's words, by period and open time."""
    return {(period, at_ms): candle(bar) for (_, period, at_ms), bar in bars.items()}
