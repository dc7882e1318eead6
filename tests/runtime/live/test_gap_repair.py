"""Symbols that wait for missing trades, beside a simulated exchange that has them, or an exchange that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, HoldSymbol, RemoveSymbol, SeedBars
from klagg_tui.engine.period import Period
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.transport import http as http_module
from klagg_tui.exchange.venue import MarketData, Priority
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import gap_repair
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.gap_repair import GapRepair
from klagg_tui.runtime.live.seeder import Seeder
from klagg_tui.runtime.look import Look
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.market.market import Market
from klagg_tui.storage.store import Store
from tests.feeds import until
from tests.makers import MINUTE, SYMBOL, trade
from tests.market_run import settled_now

PERIODS = (Period.M1,)
MINUTES = 10


class Scene:
    """An engine that follows one symbol since ten minutes ago, and its trades as the exchange has them."""

    def __init__(
        self, store: Store, data: MarketData, trades: list[AggTrade], minute_ms: int, symbol: str = SYMBOL
    ) -> None:
        self.trades = trades
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, data.now_ms)
        self.host.handle([AddSymbol(symbol, 0), SeedBars(symbol, minute_ms, (), None, trades[0].aggregate_id)])
        context = LiveContext(self.host, store, venue(), data)
        self.renewed: list[str] = []
        self.repair = GapRepair(context, Seeder(context, lambda _: None), self.renewed.append)

    @property
    def counters(self) -> tuple[int, int, int]:
        counters = self.host.engine.counters
        return counters.gaps, counters.gaps_filled, counters.gaps_abandoned

    async def go_on(self, condition: Callable[[], object] | None = None) -> None:
        """Repair until nothing waits, or the condition holds."""
        working = asyncio.ensure_future(self.repair.work_forever())
        await until(condition or (lambda: not self.host.engine.waiting()))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gap_repair, "RETRY_S", 0.01)
    monkeypatch.setattr(http_module, "_FIRST_PAUSE_S", 0.001)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        SimulatedExchange(MarketSpec(symbols=3, seed=3, activity=2.0), speed=1) as exchange,
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(exchange.rest_url, settled_now(exchange)) as data,
    ):
        await data.sync()
        minute = exchange.now_ms() // MINUTE - MINUTES
        first_id = exchange.market.first_id(SYMBOL, minute)
        trades = await data.trades(SYMBOL, first_id, limit=1_000, priority=Priority.GAP)
        yield Scene(store, data, trades, minute * MINUTE)


async def test_few_missing_trades_are_fetched_by_their_ids(scene: Scene) -> None:
    scene.host.receive([*scene.trades[:5], *scene.trades[8:]])
    scene.repair.nudge(SYMBOL)
    scene.repair.nudge(SYMBOL)
    await scene.go_on()
    assert scene.host.engine.counters.trades == len(scene.trades)
    assert scene.counters == (1, 1, 0)


async def test_trades_that_the_exchange_does_not_have_are_given_up_after_some_tries(scene: Scene) -> None:
    last = scene.trades[-1]
    beyond = last._replace(
        aggregate_id=last.aggregate_id + 900,
        first_trade_id=last.last_trade_id + 900,
        last_trade_id=last.last_trade_id + 900,
    )
    scene.host.receive([*scene.trades, beyond])
    scene.repair.nudge(SYMBOL)
    await scene.go_on()
    assert scene.counters == (1, 0, 1)


async def test_where_many_symbols_wait_bars_are_fetched_in_place_of_trades(scene: Scene) -> None:
    scene.repair._remedies.most_symbols = -1
    scene.host.receive([*scene.trades[:5], *scene.trades[8:]])
    scene.repair.nudge(SYMBOL)
    await scene.go_on()
    assert scene.host.engine.counters.trades < len(scene.trades)
    assert SYMBOL not in scene.host.engine.waiting()


async def test_a_silence_that_the_exchange_confirms_ends_the_waiting(scene: Scene) -> None:
    scene.host.receive(scene.trades)
    scene.repair.verify_silence(SYMBOL)
    assert scene.host.engine.waiting() == (SYMBOL,)
    await scene.go_on()
    assert scene.renewed == []
    assert scene.host.engine.counters.trades == len(scene.trades)


async def test_a_silent_connection_is_replaced_and_what_it_did_not_deliver_is_fetched(scene: Scene) -> None:
    scene.host.receive(scene.trades[:-3])
    scene.repair.verify_silence(SYMBOL)
    await scene.go_on()
    assert scene.renewed == [SYMBOL]
    assert scene.host.engine.counters.trades == len(scene.trades)


async def test_a_minute_under_way_is_not_quiet_because_a_clock_is_ahead(scene: Scene) -> None:
    scene.host.receive(scene.trades)
    scene.repair.verify_silence(SYMBOL)
    gap, began_ms = scene.host.engine.pending_gap(SYMBOL), scene.host.now_ms()
    assert gap is not None
    scene.host.now_ms = lambda: began_ms + 80_000
    quiet_ms = await scene.repair._quiet_until(SYMBOL, gap)
    assert quiet_ms is not None
    assert quiet_ms <= began_ms


def thin_market() -> tuple[MarketSpec, str]:
    """A market with a symbol that was traded in the minute before the start and is not in the one that begins then."""
    for seed in range(100):
        spec = MarketSpec(symbols=12, seed=seed, activity=0.5)
        market = Market(spec)
        minute = market.start_minute
        for symbol in market.lives:
            if market.status(symbol, minute) == "TRADING" and not market.count(symbol, minute):
                traded = [market.count(symbol, at) for at in (minute - 1, minute - 2)]
                if all(traded):
                    return spec, symbol
    raise AssertionError


async def test_trades_of_minutes_that_the_clock_ended_in_silence_are_found_missing_though_nobody_trades_now(
    tmp_path: Path,
) -> None:
    spec, symbol = thin_market()
    async with (
        SimulatedExchange(spec, speed=1) as exchange,
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(exchange.rest_url, settled_now(exchange)) as data,
    ):
        await data.sync()
        minute = exchange.now_ms() // MINUTE - 2
        first_id = exchange.market.first_id(symbol, minute)
        trades = await data.trades(symbol, first_id, limit=1_000, priority=Priority.GAP)
        scene = Scene(store, data, trades, minute * MINUTE, symbol)
        scene.host.receive([trade for trade in trades if trade.traded_ms < (minute + 1) * MINUTE])
        scene.host.engine.tick(data.now_ms())
        scene.repair.verify_silence(symbol)
        await scene.go_on()
        assert scene.renewed == [symbol]
        assert scene.host.engine.counters.trades == len(trades)


async def test_after_a_lost_stream_trades_are_fetched_without_blaming_the_connection(scene: Scene) -> None:
    scene.host.receive(scene.trades[:-3])
    scene.host.handle([HoldSymbol(SYMBOL)])
    scene.repair.nudge(SYMBOL)
    await scene.go_on()
    assert scene.renewed == []
    assert scene.host.engine.counters.trades == len(scene.trades)


async def test_after_a_lost_stream_of_many_symbols_bars_are_fetched(scene: Scene) -> None:
    scene.repair._remedies.most_symbols = -1
    scene.host.receive(scene.trades[:-3])
    scene.host.handle([HoldSymbol(SYMBOL)])
    scene.repair.nudge(SYMBOL)
    await scene.go_on()
    assert scene.host.engine.counters.trades < len(scene.trades)


async def test_a_symbol_that_has_no_trades_yet_has_nothing_to_wait_for(scene: Scene) -> None:
    scene.host.handle([AddSymbol("NEWUSDT", 0), HoldSymbol("NEWUSDT")])
    scene.repair.nudge("NEWUSDT")
    await scene.go_on()
    assert "NEWUSDT" not in scene.host.engine.waiting()


async def test_a_symbol_that_waits_no_more_is_left_alone(scene: Scene) -> None:
    scene.host.receive(scene.trades)
    scene.repair.nudge(SYMBOL)
    await scene.go_on(lambda: not scene.repair._queued)
    assert scene.counters == (0, 0, 0)


@asynccontextmanager
async def failing_with(status: int) -> AsyncIterator[str]:
    """An exchange that has one answer for everything; its address."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "notice"), [(500, "1 symbol waits for missing trades."), (451, "does not serve this place (451)")]
)
async def test_an_exchange_that_fails_is_told_and_asked_again(scene: Scene, status: int, notice: str) -> None:
    scene.host.receive([*scene.trades[:5], *scene.trades[8:]])
    working = scene.repair._market_data
    async with failing_with(status) as url, venue().market_data(url, working.now_ms()) as failing:
        scene.repair._market_data = failing
        scene.repair.nudge(SYMBOL)
        await scene.go_on(lambda: scene.host.notices)
        assert notice in scene.host.notices["repair"]
        assert scene.host.engine.waiting() == (SYMBOL,)
    scene.repair._market_data = working
    scene.repair.nudge(SYMBOL)
    await scene.go_on()
    assert scene.host.notices == {}
    assert scene.host.engine.counters.trades == len(scene.trades)


async def test_who_is_looked_at_begins_before_all_others_and_each_is_asked_for_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"S{number:02}" for number in range(30)]
    begun: list[str] = []
    has_begun = asyncio.Event()

    async def seed(symbol: str, _priority: Priority) -> None:
        if len(begun) < gap_repair.WORKERS:
            begun.append(symbol)
            await has_begun.wait()
        else:
            begun.append(symbol)
        scene.host.handle([RemoveSymbol(symbol)])

    monkeypatch.setattr(scene.repair._seeder, "seed", seed)
    scene.host.handle([AddSymbol(name, 0) for name in names])
    scene.host.receive([trade(5, scene.host.now_ms(), symbol=name) for name in names])
    for name in names:
        scene.repair.nudge(name)
    working = asyncio.ensure_future(scene.repair.work_forever())
    await until(lambda: len(begun) == gap_repair.WORKERS)
    assert begun == names[: gap_repair.WORKERS]
    scene.host.look_at(Look(("S25", "S03", "S20"), Period.M1, "S29"))
    has_begun.set()
    await until(lambda: len(begun) == len(names))
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert begun[gap_repair.WORKERS :][:3] == ["S29", "S25", "S20"]
    assert sorted(begun) == names
