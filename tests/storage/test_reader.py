"""Bars out of the store, while it is written to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, SeedBars
from klagg_tui.engine.period import Period
from klagg_tui.engine.spans import Span
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.filed import file_in, listed
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL, bar, bars, snapshot, trades


async def opens(found: AsyncIterator[Bar]) -> list[int]:
    """Which minutes, counted from the start."""
    return [(each.open_ms - START) // MINUTE async for each in found]


async def with_forming(store: Store, minute: int = 10) -> None:
    """Ten ended bars from the start, and a current one."""
    forming = bar(START + minute * MINUTE, state=State.FORMING)
    await store.write(Changes((forming,), tuple(bars(10))))


async def test_bars_come_in_order_with_the_current_one_last(store: Store) -> None:
    await with_forming(store)
    assert await opens(store.bars(SYMBOL, Period.M1)) == list(range(11))
    assert await opens(store.bars(SYMBOL, Period.M1, newest_first=True)) == list(range(10, -1, -1))


@pytest.mark.parametrize(
    ("from_minute", "to_minute", "found"),
    [(3, 5, [3, 4]), (2.5, 4.5, [3, 4]), (9, None, [9, 10]), (None, 2, [0, 1]), (10, 11, [10]), (5, 5, [])],
)
async def test_a_stretch_holds_the_bars_that_open_in_it(
    store: Store, from_minute: float | None, to_minute: float | None, found: list[int]
) -> None:
    await with_forming(store)
    from_ms, to_ms = (None if at is None else START + int(at * MINUTE) for at in (from_minute, to_minute))
    assert await opens(store.bars(SYMBOL, Period.M1, from_ms, to_ms)) == found


async def test_a_limit_counts_the_current_bar_too(store: Store) -> None:
    await with_forming(store)
    assert await opens(store.bars(SYMBOL, Period.M1, newest_first=True, limit=2)) == [10, 9]
    assert await opens(store.bars(SYMBOL, Period.M1, limit=2)) == [0, 1]
    assert await opens(store.bars(SYMBOL, Period.M1, limit=0)) == []


async def test_only_the_wanted_states_come(store: Store) -> None:
    await with_forming(store)
    await store.add_confirmed([bar(START + 3 * MINUTE)])
    assert await opens(store.bars(SYMBOL, Period.M1, states=[State.CONFIRMED])) == [3]
    assert await opens(store.bars(SYMBOL, Period.M1, states=[State.FORMING])) == [10]
    assert await opens(store.bars(SYMBOL, Period.M1, states=[])) == []


async def test_an_unknown_symbol_has_no_bars(store: Store) -> None:
    assert await opens(store.bars("NOPE", Period.M1)) == []
    assert await store.spans("NOPE") == ()
    assert await store.seed("NOPE", START) == ()


async def test_a_reader_sees_every_batch_whole_while_the_writer_goes_on(tmp_path: Path, store: Store) -> None:
    async with await Store.open(tmp_path / "klagg.db", read_only=True) as reader:
        for count in (1, 2, 3):
            await store.add(bars(count), [])
            assert len(await listed(reader)) == count


async def test_the_latest_bars_of_every_symbol_and_period(store: Store) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        await store.add(bars(10, symbol=symbol), [])
    found = await store.latest((Period.M1, Period.M5), 3)
    assert [(each.symbol, each.period, (each.open_ms - START) // MINUTE) for each in found] == [
        *[("BTCUSDT", Period.M1, minute) for minute in (7, 8, 9)],
        *[("ETHUSDT", Period.M1, minute) for minute in (7, 8, 9)],
        *[(symbol, Period.M5, minute) for symbol in ("BTCUSDT", "ETHUSDT") for minute in (0, 5)],
    ]


async def test_of_many_symbols_none_is_left_out_of_the_latest(store: Store) -> None:
    names = [f"S{number}USDT" for number in range(205)]
    await store.add([bar for name in names for bar in bars(2, symbol=name)], [])
    found = [(each.symbol, each.open_ms) for each in await store.latest((Period.M1,), 1)]
    assert sorted(found) == [(name, START + MINUTE) for name in sorted(names)]


async def test_spans_come_by_id(store: Store) -> None:
    await file_in(store, trades([START], 5))
    await file_in(store, trades([START - MINUTE], 1))
    assert [span.first_id for span in await store.spans(SYMBOL)] == [1, 5]
    assert (await store.spans(SYMBOL))[-1] == Span(SYMBOL, 5, 5, START + 1, START)


@pytest.mark.parametrize("periods", [tuple(Period), (Period.W1, Period.MO1)])
async def test_an_engine_seeded_from_the_store_has_the_bars_of_one_that_never_stopped(
    tmp_path: Path, periods: tuple[Period, ...]
) -> None:
    """From the first of a month on, so that every period's beginning is known."""
    month = START - 7 * DAY
    given = trades(range(month, month + 6 * DAY + 5 * HOUR + 17 * MINUTE, 1_234_567))
    at_ms = given[-1].traded_ms - given[-1].traded_ms % MINUTE
    before = [each for each in given if each.traded_ms < at_ms]
    async with await Store.open(tmp_path / "klagg.db", periods=periods) as store:
        await store.put_symbols([StoredSymbol(SYMBOL, month)])
        await file_in(store, given)
        seeds = await store.seed(SYMBOL, at_ms, periods)
    assert all(each.end_ms <= at_ms for each in seeds)
    seeded, whole = (KlineEngine(periods, holds_gaps=False) for _ in range(2))
    for engine in (seeded, whole):
        engine.handle(AddSymbol(SYMBOL, month))
    seeded.handle(SeedBars(SYMBOL, at_ms, seeds, None, len(before) + 1))
    for each in given:
        whole.handle(each)
        if each.traded_ms >= at_ms:
            seeded.handle(each)
    assert [each[:12] for each in snapshot(seeded)] == [each[:12] for each in snapshot(whole)]
