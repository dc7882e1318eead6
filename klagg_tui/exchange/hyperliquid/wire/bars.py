"""The exchange's own bars: `t, T, s, i, o, c, h, l, v, n`, with open, close, high, low, volume in coins, and count of trades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from klagg_tui.engine.bar import Bar, Check, State, empty_bar
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.evidence import Evidence
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.hyperliquid.facts import CANDLE, MOST_BARS
from klagg_tui.exchange.reading import bars_of, judged, sound

MOST_FILLED: Final = 2 * MOST_BARS
"""Bars of one reply, flat ones included; more were never asked for."""
LATE_MS: Final = 30_000
"""How long after its end a bar may still appear, as far as we trust that there is none."""


def read_bars(raw: bytes, coin: str, period: Period, over_ms: int, last_ms: int | None = 0) -> list[Bar]:
    """The exchange's own bars, in order: confirmed where they were over, else forming. None of any other coin or period.

    Where there is none between two, or none for a while after the last, nothing was traded, and a flat one is put in.

    Args:
        raw: the reply.
        coin: whose bars they are.
        period: their length.
        over_ms: the time up to which bars are final.
        last_ms: flat ones open no later; None: there are to be none.

    Raises:
        BadFrame, BadNumber: any of them is damaged, of something else, off the grid or out of order.
    """
    rows = fields.sequence(fields.decoded(raw))
    found = bars_of(rows, lambda row: _bar(coin, period, fields.mapping(row)), coin)
    if last_ms is None or not found:
        return judged(found, over_ms)
    until_ms = min(last_ms + 1, period.open_ms(max(0, over_ms - LATE_MS)))
    if period.count(found[0].open_ms, max(found[-1].end_ms, until_ms)) > MOST_FILLED:
        raise BadFrame(f"the bars of {coin} lie further apart than bars can be had")
    opens = [later.open_ms for later in found[1:]] + [until_ms]
    whole = (bar for earlier, next_ms in zip(found, opens, strict=True) for bar in _until(earlier, next_ms))
    return judged(whole, over_ms)


def _until(earlier: Bar, next_ms: int) -> Iterator[Bar]:
    """A bar and the flat ones up to a time."""
    yield earlier
    at_ms = earlier.end_ms
    while at_ms < next_ms:
        yield empty_bar(earlier.symbol, earlier.period, at_ms, earlier.close, State.FORMING)
        at_ms = earlier.period.end_ms(at_ms)


def _bar(coin: str, period: Period, row: dict[str, Json]) -> Bar:
    open_ms, count = fields.moment(row["t"]), fields.counted(row["n"])
    first, high, low, last = (price(row[name]) for name in "ohlc")  # type: ignore[arg-type]
    volume = quantity(row["v"])  # type: ignore[arg-type]
    if (row["s"], row["i"]) != (coin, str(period)):
        raise BadFrame(f"a bar of {coin} is one of something else")
    # Nothing traded is no turnover and nothing bought: of such a bar every field is known.
    evidence = (CANDLE.lacks if volume else Evidence.ALL).value
    bar = Bar(coin, period, open_ms, first, high, low, last, volume, 0, count, 0, 0, State.FORMING, evidence)
    if bool(volume) != bool(count):
        raise BadFrame(f"a bar of {coin} has a volume or a count of trades, and not both")
    return sound(bar, Check.PARTS)
