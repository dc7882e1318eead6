"""The last trades of an opened symbol: from simulated exchanges, once for each opening, and never into a bar."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import Unreachable
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import last_trades as last_trades_module
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.keyed import KeyedMarketData, Naming
from klagg_tui.runtime.live.last_trades import LastTrades
from klagg_tui.runtime.tape import Tape
from klagg_tui.runtime.worker import Runtime
from klagg_tui.storage.store import Store
from tests.feeds import until
from tests.makers import START, SYMBOL, trades
from tests.market_run import plan, simulated

OTHER = "ETHUSDT"


@pytest.mark.parametrize("key", ["binance-um", "binance-spot", "coinbase", "okx-swap", "kraken"])
async def test_a_quiet_symbol_shows_what_was_traded_before_klagg_was_started(key: str, tmp_path: Path) -> None:
    async with simulated([key], symbols=2, seed=11, activity=0.01, speed=1, faults="none") as (exchange,):
        begun_ms = exchange.now_ms()
        runtime = Runtime(plan(exchange, tmp_path / "run.db"))
        runtime.start()
        try:
            symbols: list[str] = []
            while not symbols:
                update = runtime.take_changes()
                symbols += update.symbols_added if update else ()
                await asyncio.sleep(0.02)
            runtime.follow(symbols[-1])
            await until(lambda: bool(runtime.tape(symbols[-1])))
            shown = runtime.tape(symbols[-1])
            assert shown[0].traded_ms < begun_ms
            assert [each.aggregate_id for each in shown] == sorted({each.aggregate_id for each in shown})
            assert {each.symbol for each in shown} == {symbols[-1]}
            # As many as came by the stream were counted, and no more.
            assert runtime.status().counters.trades < len(shown)
        finally:
            await runtime.stop()


class Asked:
    """The part of `MarketData` that is asked: answers wait until they are let go."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, Priority]] = []
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()
        self.given_up = 0

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:
        self.questions.append((symbol, priority))
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.error:
            raise self.error
        return trades(range(START, START + 3), symbol=symbol)


class Scene:
    """Somebody looks at symbols of one exchange."""

    def __init__(self, store: Store) -> None:
        periods = (Period.M1,)
        self.host = EngineHost(KlineEngine(periods, holds_gaps=True), periods, store, lambda: START)
        self.asked = Asked()
        self.tape = self.host.tape
        self.last = LastTrades(LiveContext(self.host, store, venue(), self.asked))  # type: ignore[arg-type]


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(last_trades_module, "LOOK_S", 0.001)
    async with await Store.open(tmp_path / "run.db", periods=(Period.M1,)) as store, _looking(Scene(store)) as seen:
        yield seen


@asynccontextmanager
async def _looking(seen: Scene) -> AsyncIterator[Scene]:
    working = asyncio.ensure_future(seen.last.work_forever())
    yield seen
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_each_opening_is_asked_for_once(scene: Scene) -> None:
    scene.asked.may_answer.set()
    scene.host.follow(SYMBOL)
    await until(lambda: len(scene.tape.trades) == 3)
    scene.host.follow(SYMBOL)
    scene.host.follow(None)
    scene.host.follow(OTHER)
    await until(lambda: len(scene.tape.trades) == 3)
    assert scene.asked.questions == [(SYMBOL, Priority.SEED), (OTHER, Priority.SEED)]
    scene.host.follow(None)
    scene.host.follow(OTHER)
    await until(lambda: len(scene.asked.questions) == 3)


async def test_an_answer_that_comes_when_nobody_looks_any_more_is_not_waited_for(scene: Scene) -> None:
    scene.host.follow(SYMBOL)
    await until(lambda: len(scene.asked.questions) == 1)
    scene.host.follow(OTHER)
    await until(lambda: scene.asked.given_up == 1)
    scene.asked.may_answer.set()
    await until(lambda: len(scene.tape.trades) == 3)
    assert {each.symbol for each in scene.tape.trades} == {OTHER}


async def test_an_exchange_that_does_not_answer_costs_the_tape_nothing(scene: Scene) -> None:
    scene.asked.may_answer.set()
    scene.asked.error = Unreachable("It cannot be reached.")
    scene.host.follow(SYMBOL)
    await until(lambda: len(scene.asked.questions) == 1)
    scene.host.receive(trades([START + 5], first_id=9))
    assert [each.aggregate_id for each in scene.tape.trades] == [9]
    scene.asked.error = None
    scene.host.follow(OTHER)
    await until(lambda: len(scene.tape.trades) == 3)


async def test_a_symbol_of_another_exchange_is_that_ones_to_ask_for(scene: Scene) -> None:
    scene.asked.may_answer.set()
    scene.host.key = "binance-um"
    scene.host.follow("kraken:BTC/USD")
    await until(lambda: scene.last._noticed[scene.tape] == scene.tape.openings)
    await asyncio.sleep(0)
    scene.host.follow("binance-um:BTCUSDT")
    await until(lambda: len(scene.asked.questions) == 1)
    assert scene.asked.questions[0][0] == "binance-um:BTCUSDT"


async def test_the_exchange_is_asked_by_its_own_name() -> None:
    asked = Asked()
    asked.may_answer.set()
    keyed = KeyedMarketData(asked, Naming("kraken"))  # type: ignore[arg-type]
    (*_, newest) = await keyed.recent_trades("kraken:BTC/USD", priority=Priority.SEED)
    assert newest.symbol == "BTC/USD"


async def test_who_looks_in_a_window_waits_for_no_other_tape(scene: Scene) -> None:
    window = Tape()
    scene.host.tapes.append(window)
    scene.host.follow(SYMBOL)
    await until(lambda: len(scene.asked.questions) == 1)
    window.follow(OTHER)
    await until(lambda: len(scene.asked.questions) == 2)
    scene.asked.may_answer.set()
    await until(lambda: len(window.trades) == 3 and len(scene.tape.trades) == 3)
    assert {each.symbol for each in window.trades} == {OTHER}
