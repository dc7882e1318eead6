"""The engine with its ways out: a disk in trouble, the tape, and what a screen is told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, RemoveSymbol
from klagg_tui.engine.period import Period
from klagg_tui.runtime.host import TAPE_LENGTH, EngineHost
from klagg_tui.storage.store import Store
from tests.filed import all_of, listed
from tests.makers import MINUTE, START, SYMBOL, trade, trades

PERIODS = (Period.M1, Period.M5)
OTHER = "ETHUSDT"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as opened:
        yield opened


def core_with(store: Store | None = None) -> EngineHost:
    """A core that follows two symbols."""
    core = EngineHost(KlineEngine(PERIODS, holds_gaps=False), PERIODS, store, lambda: START)
    core.handle([AddSymbol(SYMBOL, 0), AddSymbol(OTHER, 0)])
    return core


def _change(path: Path, sql: str) -> None:
    """Change the file from outside, as another program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(sql)


def _keys(bars: list[Bar]) -> list[tuple[Period, int, int]]:
    return [(bar.period, bar.open_ms, bar.trade_count) for bar in bars]


async def test_a_failed_write_is_told_and_the_next_flush_writes_the_same_bars(store: Store, tmp_path: Path) -> None:
    core = core_with(store)
    told = trades(range(START, START + 7 * MINUTE, 20_000))
    core.take(told[:9])
    # The last of the tables of a batch cannot be written to, so all that went before it must be taken back.
    _change(store.path, "CREATE TRIGGER ill BEFORE INSERT ON spans BEGIN SELECT RAISE(ABORT, 'the disk is ill'); END")
    assert not await core.flush()
    assert "the disk is ill" in core.notices["storage"]
    assert core.notices["storage"].endswith(" bars wait in memory.")
    waiting = core.figures["dirty rows"]
    assert waiting > 0
    core.take(told[9:])
    assert not await core.flush()
    assert core.figures["dirty rows"] > waiting
    assert await all_of(store) == ([], ())
    _change(store.path, "DROP TRIGGER ill")
    assert await core.flush()
    assert "storage" not in core.notices
    async with await Store.open(tmp_path / "good.db", periods=PERIODS) as good:
        never_failed = core_with(good)
        never_failed.handle(told)
        assert await never_failed.flush()
        assert await all_of(store) == await all_of(good)
    fills = sum(each.last_trade_id - each.first_trade_id + 1 for each in told)
    assert sum(bar.trade_count for bar in await listed(store)) == fills


async def test_a_flush_writes_what_changed_once(store: Store) -> None:
    core = core_with(store)
    core.take(trades([START, START + 1000]))
    assert await core.flush()
    rows = core.figures["rows written"]
    assert rows > 0
    assert await core.flush()
    assert core.figures["rows written"] == rows


async def test_minutes_are_stored_also_where_nobody_asked_for_them(store: Store) -> None:
    core = EngineHost(KlineEngine((Period.M5,), holds_gaps=False), (Period.M5,), store, lambda: START)
    core.handle([AddSymbol(SYMBOL, 0), *trades([START, START + MINUTE])])
    assert await core.flush()
    assert len(await listed(store, Period.M1)) >= 1
    assert {bar.period for bar in (await core.changes()).changes.current} == {Period.M5}


async def test_without_a_store_there_is_nothing_to_write() -> None:
    core = core_with()
    core.take(trades([START]))
    assert await core.flush()
    assert not core.figures


def test_the_tape_keeps_trades_of_the_followed_symbol_only() -> None:
    core = core_with()
    core.take([trade(1)])
    assert not core.tape
    core.follow(OTHER)
    core.take([trade(2), trade(1, symbol=OTHER), trade(3), trade(2, symbol=OTHER)])
    assert [(each.symbol, each.aggregate_id) for each in core.tape] == [(OTHER, 1), (OTHER, 2)]
    core.follow(OTHER)
    assert len(core.tape) == 2
    core.follow(SYMBOL)
    assert not core.tape
    assert core.engine.counters.trades == 5


def test_the_tape_keeps_the_newest() -> None:
    core = core_with()
    core.follow(SYMBOL)
    core.take(trades(range(START, START + TAPE_LENGTH + 50)))
    assert [each.aggregate_id for each in core.tape] == list(range(51, TAPE_LENGTH + 51))


async def test_changes_tell_symbols_added_and_removed_once() -> None:
    core = core_with()
    assert (await core.changes()).symbols_added == (SYMBOL, OTHER)
    assert (await core.changes()).symbols_added == ()
    core.handle([RemoveSymbol(SYMBOL), AddSymbol("XRPUSDT", 0)])
    changes = await core.changes()
    assert (changes.symbols_added, changes.symbols_removed) == (("XRPUSDT",), (SYMBOL,))
    core.handle([AddSymbol(SYMBOL, 0)])
    assert (await core.changes())[1:3] == ((SYMBOL,), ())


async def test_changes_tell_touched_bars_and_when_they_were_traded() -> None:
    core = core_with()
    core.handle(trades([START, START + MINUTE + 5]))
    changes = await core.changes()
    assert _keys(list(changes.changes.ended)) == [(Period.M1, START, 2)]
    assert {bar.period: bar.open_ms for bar in changes.changes.current} == {Period.M1: START + MINUTE, Period.M5: START}
    assert changes.last_trade_ms == {SYMBOL: START + MINUTE + 5}
    assert not any(await core.changes())


async def test_many_symbols_are_told_bit_by_bit_and_all_of_them() -> None:
    core = core_with()
    names = [f"S{number}USDT" for number in range(250)]
    core.handle([AddSymbol(name, 0) for name in names])
    core.take([trade(1, symbol=name) for name in names])
    changes = await core.changes()
    assert {bar.symbol for bar in changes.changes.current} == set(names)
    assert not any(await core.changes())


async def test_a_bar_that_ends_while_others_are_told_is_not_told_as_current_after_it() -> None:
    core = core_with()
    names = [f"S{number}USDT" for number in range(250)]
    core.handle([AddSymbol(name, 0) for name in names])
    core.take([trade(1, symbol=name) for name in names])

    async def end_the_minute() -> None:
        core.take([trade(2, START + MINUTE, symbol=names[0])])

    changes, _ = await asyncio.gather(core.changes(), end_the_minute())
    assert (names[0], Period.M1, START) in {bar.key for bar in changes.changes.ended}
    told = [*changes.changes.current, *(await core.changes()).changes.current]
    assert [bar.open_ms for bar in told if bar.symbol == names[0] and bar.period is Period.M1] == [START + MINUTE]
