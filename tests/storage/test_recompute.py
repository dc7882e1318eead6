"""Larger bars made again from stored smaller ones."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DEFAULT_PERIODS, Period, child_of
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.conftest import DATA, needs_data
from tests.filed import listed
from tests.makers import DAY, HOUR, MINUTE, START, bar, bars

PAIR = "ETHBTC"


def recorded() -> dict[Period, dict[int, Bar]]:
    """The exchange's own bars by period and open time; trade counts are not recorded, so one stands for any.

    The last row of each period was still forming when it was recorded, so it is left out.
    """
    path = DATA / "rollup-spot" / "ETHBTC-all-periods.csv.gz"
    found: dict[Period, dict[int, Bar]] = {period: {} for period in Period}
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            period, open_ms, volume = Period(row["period"]), int(row["open_time"]), parsing.quantity(row["volume"])
            first, high, low, close = (parsing.price(row[name]) for name in ("open", "high", "low", "close"))
            found[period][open_ms] = Bar(
                PAIR, period, open_ms, first, high, low, close, volume, 0, min(1, volume), 0, 0, State.CONFIRMED
            )
    return {period: dict(sorted(bars_of.items())[:-1]) for period, bars_of in found.items()}


def children(period: Period, open_ms: int, child: Period) -> list[int]:
    """Open times of all smaller bars."""
    return list(range(open_ms, period.end_ms(open_ms), child.nominal_ms))


@needs_data
@pytest.mark.parametrize("periods", [DEFAULT_PERIODS, tuple(Period)], ids=["default", "all"])
async def test_rolled_up_bars_equal_the_exchanges_wherever_all_children_are_there(
    tmp_path: Path, periods: tuple[Period, ...]
) -> None:
    truth = recorded()
    compared = 0
    for period in periods[1:]:
        child = child_of(period, periods)
        async with await Store.open(tmp_path / f"{period.ordinal}.db", periods=(Period.M1, child, period)) as store:
            await store.put_symbols([StoredSymbol(PAIR, anchor=0)])
            await store.add_confirmed(list(truth[child].values()))
            for made in await listed(store, period, PAIR):
                is_whole = all(open_ms in truth[child] for open_ms in children(period, made.open_ms, child))
                assert (made.state is State.CONFIRMED) == is_whole
                if is_whole and made.open_ms in truth[period]:
                    theirs = truth[period][made.open_ms]
                    assert made[:8] == theirs[:8]
                    compared += 1
    assert compared > 700


async def test_a_whole_week_is_made_of_its_minutes(store: Store) -> None:
    monday = START - 3 * DAY
    await store.add(bars(7 * 24 * 60, monday), [])
    (week,) = await listed(store, Period.W1)
    minutes = await listed(store)
    assert (week.open_ms, week.state, week.volume) == (monday, State.CLOSED, sum(each.volume for each in minutes))
    assert (week.open, week.close) == (minutes[0].open, minutes[-1].close)


async def test_a_larger_bar_the_exchange_gave_is_not_replaced_by_ours(store: Store) -> None:
    theirs = bar(START, "50", volume="9", period=Period.M5, state=State.CONFIRMED)
    await store.add_confirmed([theirs])
    await store.add_confirmed(bars(5))
    assert await listed(store, Period.M5) == [theirs]


async def test_a_larger_bar_follows_when_the_exchange_amends_its_own_minute(store: Store) -> None:
    await store.add_confirmed(bars(5))
    await store.add_confirmed([bars(5)[2]._replace(high=parsing.price("900"))])
    (larger,) = await listed(store, Period.M5)
    assert (larger.high, larger.state) == (parsing.price("900"), State.CONFIRMED)


async def test_larger_bars_are_made_from_whatever_smaller_ones_there_are(store: Store) -> None:
    await store.add_confirmed(bars(4, period=Period.H1))
    (larger,) = await listed(store, Period.H4)
    assert larger.state is State.CONFIRMED
    assert (await listed(store, Period.M30)) == []


async def test_bars_of_a_period_that_is_not_kept_still_make_larger_ones(store: Store) -> None:
    await store.add_confirmed(bars(2, period=Period.M15))
    (larger,) = await listed(store, Period.M30)
    assert larger.state is State.CONFIRMED


async def test_children_without_trades_lend_no_prices(store: Store) -> None:
    quiet = [bar(START + minute * MINUTE, "7", volume="0", trade_count=0) for minute in range(4)]
    await store.add([*quiet, bar(START + 4 * MINUTE, "9")], [])
    (larger,) = await listed(store, Period.M5)
    assert {larger.open, larger.high, larger.low, larger.close} == {parsing.price("9")}


async def test_only_what_was_touched_is_made_again(store: Store) -> None:
    await store.add_confirmed(bars(120))
    confirmed = await listed(store, Period.H1)
    await store.add_confirmed([bar(START + HOUR, "500")])
    first, second = await listed(store, Period.H1)
    assert first == confirmed[0]
    assert second.high == parsing.price("500")
