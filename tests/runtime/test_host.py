"""The engine with its ways out: a disk in trouble, the tape, and what a screen is told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.derivatives import ContractQuote
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, RemoveSymbol, SeedBars
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.feed import InstrumentFacts
from klagg_tui.metrics import Metric
from klagg_tui.runtime import host as host_module
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.tape import TAPE_LENGTH
from klagg_tui.storage.store import Store
from tests.clocks import Sleepable
from tests.feeds import until
from tests.filed import all_of, listed
from tests.makers import MINUTE, START, SYMBOL, trade, trades

PERIODS = (Period.M1, Period.M5)
OTHER = "ETHUSDT"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as opened:
        yield opened


def host_with(store: Store | None = None) -> EngineHost:
    """A host that follows two symbols."""
    host = EngineHost(KlineEngine(PERIODS, holds_gaps=False), PERIODS, store, lambda: START)
    host.handle([AddSymbol(SYMBOL, 0), AddSymbol(OTHER, 0)])
    return host


def _change(path: Path, sql: str) -> None:
    """Change the file from outside, as another program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(sql)


def _keys(bars: list[Bar]) -> list[tuple[Period, int, int]]:
    return [(bar.period, bar.open_ms, bar.trade_count) for bar in bars]


async def test_a_failed_write_is_told_and_the_next_flush_writes_the_same_bars(store: Store, tmp_path: Path) -> None:
    host = host_with(store)
    told = trades(range(START, START + 7 * MINUTE, 20_000))
    host.receive(told[:9])
    # The last of the tables of a batch cannot be written to, so all that went before it must be taken back.
    _change(store.path, "CREATE TRIGGER ill BEFORE INSERT ON spans BEGIN SELECT RAISE(ABORT, 'the disk is ill'); END")
    assert not await host.flush()
    assert "the disk is ill" in host.notices["storage"]
    assert host.notices["storage"].endswith(" bars wait in memory.")
    waiting = host.metrics[Metric.DIRTY_ROWS]
    assert waiting > 0
    host.receive(told[9:])
    assert not await host.flush()
    assert host.metrics[Metric.DIRTY_ROWS] > waiting
    assert await all_of(store) == ([], ())
    _change(store.path, "DROP TRIGGER ill")
    assert await host.flush()
    assert "storage" not in host.notices
    async with await Store.open(tmp_path / "good.db", periods=PERIODS) as good:
        never_failed = host_with(good)
        never_failed.handle(told)
        assert await never_failed.flush()
        assert await all_of(store) == await all_of(good)
    fills = sum(each.last_trade_id - each.first_trade_id + 1 for each in told)
    assert sum(bar.trade_count for bar in await listed(store)) == fills


async def test_a_file_that_went_away_is_told_also_where_nothing_waits_and_no_more_once_it_is_back(store: Store) -> None:
    host = host_with(store)
    host.receive(trades([START]))
    assert await host.flush()
    rows = host.metrics[Metric.ROWS_WRITTEN]
    away = store.path.with_name("away.db")
    store.path.rename(away)
    assert not await host.flush()
    assert "was removed, replaced or moved" in host.notices["storage"]
    host.receive(trades([START + 1000, START + MINUTE]))
    assert not await host.flush()
    assert host.metrics[Metric.ROWS_WRITTEN] == rows
    assert host.metrics[Metric.DIRTY_ROWS] > 0
    with pytest.raises(StorageError, match=r"[1-9]\d* bars of the last state could not be written\. .*moved"):
        await host.flush_last()
    away.rename(store.path)
    await host.flush_last()
    assert "storage" not in host.notices
    assert host.metrics[Metric.DIRTY_ROWS] == 0


async def test_a_file_that_went_away_is_told_within_seconds_however_rarely_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "LOOK_S", 0.01)
    host = EngineHost(KlineEngine(PERIODS, holds_gaps=False), PERIODS, store, lambda: START, flush_s=3_600)
    flushing = asyncio.ensure_future(host.flush_forever())
    store.path.rename(store.path.with_name("away.db"))
    await until(lambda: "was removed, replaced or moved" in host.notices.get("storage", ""))
    flushing.cancel()


async def test_a_flush_writes_what_changed_once(store: Store) -> None:
    host = host_with(store)
    host.receive(trades([START, START + 1000]))
    assert await host.flush()
    rows = host.metrics[Metric.ROWS_WRITTEN]
    assert rows > 0
    assert await host.flush()
    assert host.metrics[Metric.ROWS_WRITTEN] == rows


async def test_only_where_bars_have_ended_is_written_at_once_for_who_reads_them(store: Store) -> None:
    host = host_with(store)
    host.receive(trades([START]))
    await host.flush_ended()
    assert host.metrics[Metric.ROWS_WRITTEN] == 0
    host.receive(trades([START + MINUTE], first_id=2))
    await host.flush_ended()
    assert [bar.open_ms for bar in await listed(store)][:1] == [START]
    rows = host.metrics[Metric.ROWS_WRITTEN]
    await host.flush_ended()
    assert host.metrics[Metric.ROWS_WRITTEN] == rows
    await host_with().flush_ended()


async def test_what_ended_of_a_contract_is_written_at_once_for_who_reads_it_too(store: Store) -> None:
    """Whoever comes then is told of minutes under way, and reads the others: this one was neither."""
    host = host_with(store)
    (market,) = host.markets
    market.derivatives.follow([SYMBOL])
    market.derivatives.take([ContractQuote(SYMBOL, START, open_interest=5)], START)
    market.derivatives.tick(START + 2 * MINUTE)
    await host.flush_ended()
    stored = [minute async for minutes in store.derivatives_since(0) for minute in minutes]
    assert [(minute.symbol, minute.open_interest) for minute in stored] == [(SYMBOL, 5)]


async def test_bars_that_a_disk_in_trouble_did_not_take_are_tried_again_for_who_reads_them(store: Store) -> None:
    host = host_with(store)
    host.receive(trades([START, START + MINUTE]))
    _change(store.path, "CREATE TRIGGER ill BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'the disk is ill'); END")
    assert not await host.flush()
    _change(store.path, "DROP TRIGGER ill")
    await host.flush_ended()
    assert [bar.open_ms for bar in await listed(store)][:1] == [START]


async def test_minutes_are_stored_also_where_nobody_asked_for_them(store: Store) -> None:
    host = EngineHost(KlineEngine((Period.M5,), holds_gaps=False), (Period.M5,), store, lambda: START)
    host.handle([AddSymbol(SYMBOL, 0), *trades([START, START + MINUTE])])
    assert await host.flush()
    assert len(await listed(store, Period.M1)) >= 1


async def test_the_screen_is_told_minutes_also_where_nobody_asked_for_them(store: Store) -> None:
    host = EngineHost(KlineEngine((Period.M5,), holds_gaps=False), (Period.M5,), store, lambda: START)
    host.handle([AddSymbol(SYMBOL, 0), *trades([START, START + MINUTE])])
    changes = (await host.update()).changes
    assert {bar.period for bar in changes.current} == {Period.M1, Period.M5}
    assert {bar.period for bar in changes.ended} == {Period.M1}
    assert host.stale_closes == [Period.M1, Period.M5]


async def test_without_a_store_there_is_nothing_to_write() -> None:
    host = host_with()
    host.receive(trades([START]))
    assert await host.flush()
    assert not host.metrics.snapshot()


def test_every_exchange_knows_what_is_looked_at() -> None:
    host = host_with()
    side = host.venue("kraken", lambda: START)
    host.look_at(Look(("kraken:BTC/USD",), Period.M5))
    assert side.look == host.look == Look(("kraken:BTC/USD",), Period.M5)


def test_the_tape_keeps_trades_of_the_followed_symbol_only() -> None:
    host = host_with()
    host.receive([trade(1)])
    assert not host.tape.trades
    host.follow(OTHER)
    host.receive([trade(2), trade(1, symbol=OTHER), trade(3), trade(2, symbol=OTHER)])
    assert [(each.symbol, each.aggregate_id) for each in host.tape.trades] == [(OTHER, 1), (OTHER, 2)]
    host.follow(OTHER)
    assert len(host.tape.trades) == 2
    host.follow(SYMBOL)
    assert not host.tape.trades
    assert host.engine.counters.trades == 5


def test_the_tape_keeps_the_newest() -> None:
    host = host_with()
    host.follow(SYMBOL)
    host.receive(trades(range(START, START + TAPE_LENGTH + 50)))
    assert [each.aggregate_id for each in host.tape.trades] == list(range(51, TAPE_LENGTH + 51))


async def test_changes_tell_symbols_added_and_removed_once() -> None:
    host = host_with()
    assert (await host.update()).symbols_added == (SYMBOL, OTHER)
    assert (await host.update()).symbols_added == ()
    host.handle([RemoveSymbol(SYMBOL), AddSymbol("XRPUSDT", 0)])
    changes = await host.update()
    assert (changes.symbols_added, changes.symbols_removed) == (("XRPUSDT",), (SYMBOL,))
    host.handle([AddSymbol(SYMBOL, 0)])
    assert (await host.update())[1:3] == ((SYMBOL,), ())


async def test_changes_tell_once_what_a_listing_says() -> None:
    host = host_with()
    facts = InstrumentFacts("binance-um", "Binance", SYMBOL, "BTC", "USDT")
    host.learn({SYMBOL: facts})
    assert (await host.update()).instruments == {SYMBOL: facts}
    assert (await host.update()).instruments == {}


async def test_changes_tell_touched_bars_and_when_they_were_traded() -> None:
    host = host_with()
    host.handle(trades([START, START + MINUTE + 5]))
    changes = await host.update()
    assert _keys(list(changes.changes.ended)) == [(Period.M1, START, 2)]
    assert {bar.period: bar.open_ms for bar in changes.changes.current} == {Period.M1: START + MINUTE, Period.M5: START}
    assert changes.last_trade_ms == {SYMBOL: START + MINUTE + 5}
    assert not any(await host.update())


async def test_many_symbols_are_told_bit_by_bit_and_all_of_them() -> None:
    host = host_with()
    names = [f"S{number}USDT" for number in range(250)]
    host.handle([AddSymbol(name, 0) for name in names])
    host.receive([trade(1, symbol=name) for name in names])
    changes = await host.update()
    assert {bar.symbol for bar in changes.changes.current} == set(names)
    assert not any(await host.update())


async def test_a_bar_that_ends_while_others_are_told_is_not_told_as_current_after_it() -> None:
    host = host_with()
    names = [f"S{number}USDT" for number in range(250)]
    host.handle([AddSymbol(name, 0) for name in names])
    host.receive([trade(1, symbol=name) for name in names])

    async def end_the_minute() -> None:
        host.receive([trade(2, START + MINUTE, symbol=names[0])])

    changes, _ = await asyncio.gather(host.update(), end_the_minute())
    assert (names[0], Period.M1, START) in {bar.key for bar in changes.changes.ended}
    told = [*changes.changes.current, *(await host.update()).changes.current]
    assert [bar.open_ms for bar in told if bar.symbol == names[0] and bar.period is Period.M1] == [START + MINUTE]


async def test_a_machine_that_slept_lets_every_symbol_wait_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "TICK_S", 0.0)
    clock = Sleepable(monkeypatch)
    host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, None, lambda: START)
    host.handle([AddSymbol(SYMBOL, 0), SeedBars(SYMBOL, START, (), None, 1)])
    host.receive([trade(1)])
    woken = asyncio.Event()
    host.on_wake = woken.set
    ticking = asyncio.ensure_future(host.tick_forever())
    await asyncio.sleep(0)
    clock.run(20)
    for _ in range(3):
        await asyncio.sleep(0)
    assert not woken.is_set()
    clock.sleep(3600)
    for _ in range(3):
        await asyncio.sleep(0)
    ticking.cancel()
    assert woken.is_set()
    assert host.engine.waiting() == (SYMBOL,)


async def test_a_minute_ends_by_the_clock() -> None:
    now_ms = [START]
    host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, None, lambda: now_ms[0])
    host.handle([AddSymbol(SYMBOL, 0), SeedBars(SYMBOL, START, (), None, 1)])
    host.receive([trade(1)])
    now_ms[0] = START + MINUTE
    ticking = asyncio.ensure_future(host.tick_forever())
    await asyncio.sleep(0)
    ticking.cancel()
    assert [bar.open_ms for bar in (await host.update()).changes.ended] == [START]


def test_what_the_engine_rejects_is_not_on_the_tape() -> None:
    host = host_with()
    host.follow(SYMBOL)
    host.receive([trade(1), trade(2, price="nan"), trade(3, price="0"), trade(1), trade(4)])
    assert [each.aggregate_id for each in host.tape_of(SYMBOL)] == [1, 4]
    assert host.tape_of(OTHER) == ()


async def test_minutes_that_a_leap_of_the_clock_ends_are_written_before_the_next_ones_are_made(store: Store) -> None:
    now_ms, leap = START, 5_000
    host = EngineHost(KlineEngine(PERIODS, holds_gaps=False), PERIODS, store, lambda: now_ms)
    host.handle([AddSymbol(SYMBOL, 0)])
    host.receive([trade(1)])
    ticking = asyncio.create_task(host.tick_forever())
    await asyncio.sleep(0)
    now_ms += leap * MINUTE
    most_waiting = 0.0
    async with asyncio.timeout(60):
        while await store.count(SYMBOL, Period.M1, START, now_ms) < leap:
            await asyncio.sleep(0)
            if not host.engine.tick(now_ms, 0):  # all are made: what is left is written
                await host.flush()
            most_waiting = max(most_waiting, host.metrics[Metric.DIRTY_ROWS])
    ticking.cancel()
    assert most_waiting < leap / 2
