"""Symbols that begin before the exchange can be asked for what is before them, and become whole behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, HoldSymbol
from klagg_tui.engine.period import Period
from klagg_tui.errors import Refused, Unreachable
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import Ids, MarketData, Priority, Venue
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import completer as completer_module
from klagg_tui.runtime.live.completer import Completer
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.gap_repair import GapRepair
from klagg_tui.runtime.live.seeder import Seeder
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.feeds import until
from tests.makers import DAY, HOUR, MINUTE, SYMBOL
from tests.market_run import settled_now

START = 1_790_035_200_000
"""A Tuesday's open."""
PERIODS = (Period.M1, Period.H1, Period.D1)
AGO = 3
"""Minutes since the first of them, in whose middle the symbol begins."""


def slow(ids: Ids = Ids.DENSE, repair_after_ms: int = 0) -> Venue:
    """The first exchange, were it one that answers once in five seconds."""
    usual = venue()
    limits = replace(usual.requests, pace_ms=5_000, cost_per_minute=60)
    return replace(usual, requests=limits, ids=ids, repair_after_ms=repair_after_ms)


class Scene:
    """A symbol whose trades of some minutes are held back, on an exchange that is slow by its facts alone."""

    def __init__(self, exchange: SimulatedExchange, store: Store, data: MarketData, of: Venue) -> None:
        self.exchange, self.store, self.data = exchange, store, data
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, data.now_ms)
        self.host.handle([AddSymbol(SYMBOL, 0)])
        self.context = LiveContext(self.host, store, of, data)
        self.seeder = Seeder(self.context, lambda _: None)
        self.repair = GapRepair(self.context, self.seeder, lambda _: None)
        self.completer = Completer(self.context, self.seeder)
        self.begun_ms = (self.context.settled_ms() // MINUTE - AGO) * MINUTE

    async def trades(self) -> list[AggTrade]:
        """Those since the middle of the minute in which it begins."""
        first_id = self.exchange.market.first_id(SYMBOL, self.begun_ms // MINUTE)
        page = await self.data.trades(SYMBOL, first_id, limit=1_000, priority=Priority.GAP)
        return [trade for trade in page if trade.traded_ms >= self.begun_ms + MINUTE // 2]

    async def held(self) -> list[AggTrade]:
        trades = await self.trades()
        self.host.receive(trades)
        assert self.host.engine.waiting() == (SYMBOL,)
        return trades

    async def current(self) -> dict[Period, Bar]:
        reader = self.host.engine.reader()
        current = self.host.engine.drain(reader).current
        self.host.engine.forget(reader)
        return {bar.period: bar for bar in current}

    def true_bars(self, from_ms: int, to_ms: int) -> list[Bar]:
        truth = self.exchange.truth.bars(SYMBOL, Period.M1, from_ms, to_ms)
        return [bar._replace(state=State.CONFIRMED) for bar in truth if bar.end_ms <= to_ms]

    async def states(self) -> set[State]:
        return {bar.state for bar in (await self.current()).values()}

    async def is_equal(self, trades: list[AggTrade]) -> bool:
        """Whether each larger bar is the exchange's minutes before the one under way and the trades of that."""
        bars = await self.current()
        minute_ms = bars[Period.M1].open_ms
        fills = sum(one.last_trade_id - one.first_trade_id + 1 for one in trades if one.traded_ms >= minute_ms)
        return all(
            bar.trade_count == fills + sum(one.trade_count for one in self.true_bars(bar.open_ms, minute_ms))
            for bar in bars.values()
        )


async def trade_of(scene: Scene, minute_ms: int) -> AggTrade:
    """One that might have been in a minute."""
    first_id = scene.exchange.market.first_id(SYMBOL, minute_ms // MINUTE - AGO)
    [trade] = await scene.data.trades(SYMBOL, first_id, limit=1, priority=Priority.GAP)
    return trade._replace(traded_ms=minute_ms + 1)


async def made(tmp_path: Path, of: Venue) -> AsyncIterator[Scene]:
    async with (
        SimulatedExchange(
            MarketSpec(symbols=3, seed=3, activity=6.0, start_ms=START + 5 * HOUR + 10 * MINUTE), speed=1
        ) as exchange,
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(exchange.rest_url, settled_now(exchange)) as data,
    ):
        await data.sync()
        yield Scene(exchange, store, data, of)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async for one in made(tmp_path, slow()):
        yield one


async def test_it_begins_at_its_first_trade_without_a_question_and_is_partial(scene: Scene) -> None:
    trades = await scene.held()
    before = scene.data.use().requests
    await scene.seeder.begin(SYMBOL)
    assert scene.data.use().requests == before
    assert scene.host.engine.waiting() == ()
    assert scene.host.engine.counters.trades == len(trades)
    assert (await scene.current())[Period.D1].state is State.PARTIAL
    assert scene.host.engine.incomplete() == {SYMBOL: scene.begun_ms}


async def test_behind_that_its_larger_bars_become_the_exchanges(scene: Scene) -> None:
    trades = await scene.held()
    await scene.seeder.begin(SYMBOL)
    await scene.seeder.complete(SYMBOL)
    assert scene.host.engine.incomplete() == {}
    assert scene.host.engine.counters.trades == len(trades)
    assert await scene.states() == {State.FORMING}
    assert await scene.is_equal(trades)


async def test_what_is_stored_is_there_at_once(scene: Scene) -> None:
    week = scene.true_bars(scene.begun_ms - 2 * DAY, scene.begun_ms)
    await scene.store.add_confirmed(week)
    trades = await scene.held()
    await scene.seeder.begin(SYMBOL)
    assert scene.host.engine.incomplete() == {}
    day = (await scene.current())[Period.D1]
    before = sum(bar.trade_count for bar in scene.true_bars(day.open_ms, scene.begun_ms))
    assert day.trade_count == before + sum(one.last_trade_id - one.first_trade_id + 1 for one in trades)


async def test_what_came_while_klagg_was_off_costs_one_question(scene: Scene) -> None:
    await scene.store.add_confirmed(scene.true_bars(scene.begun_ms - 2 * DAY, scene.begun_ms - 90 * MINUTE))
    trades = await scene.held()
    await scene.seeder.begin(SYMBOL)
    before = scene.data.use().requests
    await scene.seeder.complete(SYMBOL)
    assert scene.data.use().requests == before + 1
    assert await scene.is_equal(trades)


async def test_where_all_is_stored_nothing_is_asked(scene: Scene) -> None:
    trades = await scene.held()
    await scene.seeder.begin(SYMBOL)
    await scene.store.add_confirmed(scene.true_bars(scene.begun_ms - 2 * DAY, scene.context.settled_ms()))
    before = scene.data.use().requests
    await scene.seeder.complete(SYMBOL)
    assert scene.data.use().requests == before
    assert scene.host.engine.incomplete() == {}
    assert scene.host.engine.counters.trades == len(trades)


async def test_an_answer_that_comes_after_it_began_is_not_lost(scene: Scene) -> None:
    await scene.held()
    await scene.seeder.begin(SYMBOL)
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.host.engine.incomplete() == {}


async def test_nor_where_it_lacks_trades_by_then(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    trades = await scene.trades()
    scene.host.receive(trades[:3])
    fetch = scene.store.add_confirmed

    async def begin_meanwhile(bars: list[Bar]) -> object:
        await scene.seeder.begin(SYMBOL)
        scene.host.receive(trades[4:])
        return await fetch(bars)

    monkeypatch.setattr(scene.store, "add_confirmed", begin_meanwhile)
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    gap = scene.host.engine.pending_gap(SYMBOL)
    assert gap is not None
    assert gap.next_id == trades[3].aggregate_id
    assert scene.host.engine.counters.trades == 3
    scene.host.receive(trades[3:4])
    assert scene.host.engine.counters.trades == len(trades)
    assert scene.host.engine.incomplete() == {}


async def test_what_does_not_wait_is_left_alone(scene: Scene) -> None:
    await scene.seeder.begin(SYMBOL)
    scene.host.handle([HoldSymbol(SYMBOL)])
    await scene.seeder.begin(SYMBOL)
    assert scene.host.engine.waiting() == (SYMBOL,)
    assert await scene.current() == {}


async def test_new_symbols_go_on_where_the_exchange_would_keep_them_waiting(scene: Scene) -> None:
    await scene.held()
    await scene.repair.hurry()
    assert scene.host.engine.waiting() == ()


async def test_they_wait_where_their_turn_comes_within_seconds(tmp_path: Path) -> None:
    async for scene in made(tmp_path, venue()):
        await scene.held()
        await scene.repair.hurry()
        assert scene.host.engine.waiting() == (SYMBOL,)


async def test_those_whose_ids_began_anew_wait_for_bars_of_the_new_contract(scene: Scene) -> None:
    trades = await scene.held()
    await scene.seeder.begin(SYMBOL)
    anew = [
        trades[-1]._replace(aggregate_id=number, traded_ms=trades[-1].traded_ms + 2 * MINUTE + number)
        for number in (1, 2, 3)
    ]
    scene.host.receive(anew)
    await scene.repair.hurry()
    assert scene.host.engine.waiting() == (SYMBOL,)


async def test_one_that_lacks_trades_goes_on_partial_where_the_exchange_would_keep_it_waiting(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    trades = await scene.trades()
    scene.host.receive(trades[:2])
    await scene.seeder.begin(SYMBOL)
    scene.host.receive([*trades[3:5], *trades[6:]])
    await scene.repair.hurry()  # one page is a matter of five seconds
    assert scene.host.engine.waiting() == (SYMBOL,)
    monkeypatch.setattr("klagg_tui.runtime.live.gap_repair.GAP_MS", 4_000)
    await scene.repair.hurry()
    assert scene.host.engine.waiting() == ()
    counters = scene.host.engine.counters
    assert (counters.trades, counters.gaps_abandoned) == (len(trades) - 2, 2)


async def test_trades_that_the_stream_leaves_out_as_a_rule_are_fetched_within_a_share(tmp_path: Path) -> None:
    async for scene in made(tmp_path, slow(Ids.DENSE_IN_REST, repair_after_ms=1)):
        trades = await scene.trades()
        scene.host.receive(trades[:2])
        await scene.seeder.begin(SYMBOL)
        scene.repair._repaired = scene.context.now_ms() // MINUTE, 60
        scene.host.receive(trades[3:])
        await scene.repair._step(SYMBOL)
        assert scene.host.engine.counters.gaps_abandoned == 1
        assert scene.host.engine.waiting() == ()
        scene.repair._repaired = 0, 60
        assert [scene.repair._may_repair() for _ in range(2)] == [False, False]  # a page of 20 is more than 15


async def test_all_that_began_so_are_completed_and_then_left_alone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completer_module, "LOOK_S", 0.01)
    await scene.held()
    await scene.seeder.begin(SYMBOL)
    working = asyncio.ensure_future(scene.completer.work_forever())
    await until(lambda: not scene.host.engine.incomplete() and not scene.completer._tries)
    before = scene.data.use().requests
    await asyncio.sleep(0.1)
    assert (scene.data.use().requests, scene.context.completing) == (before, set())
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_while_the_minute_of_the_beginning_may_still_change_nothing_is_asked(scene: Scene) -> None:
    scene.begun_ms = scene.context.now_ms() // MINUTE * MINUTE
    scene.host.receive([await trade_of(scene, scene.begun_ms)])
    await scene.seeder.begin(SYMBOL)
    assert scene.completer._due() == []
    assert scene.context.completing == {SYMBOL}


async def test_an_exchange_that_cannot_be_asked_is_told_and_one_that_refuses_rests(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completer_module, "LOOK_S", 0.01)
    monkeypatch.setattr(completer_module, "RETRY_S", 0.01)
    errors = [Unreachable("It is away."), Refused("No.")]

    async def fail(_: str) -> None:
        raise errors[min(len(asked), 1)]

    asked: list[str] = []
    await scene.held()
    await scene.seeder.begin(SYMBOL)
    monkeypatch.setattr(scene.seeder, "complete", fail)
    working = asyncio.ensure_future(scene.completer.work_forever())
    await until(lambda: scene.host.notices.get("larger"))
    assert scene.host.notices["larger"].startswith("It is away. Larger bars")
    asked.append(SYMBOL)
    await until(lambda: scene.completer._tries[SYMBOL])
    await until(lambda: "larger" not in scene.host.notices)
    assert scene.completer._due() == []
    assert scene.context.completing == set()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
