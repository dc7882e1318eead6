"""What the parts of a live market tell each other; nothing runs here, so each message is looked at by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AmendBar, HoldSymbol, SeedBars
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError, Unreachable
from klagg_tui.exchange.messages import ContractChanged
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.session import ConnectionSilent, StreamRefused, StreamsDown, StreamsUp, SymbolSilent
from klagg_tui.exchange.stream import STOPPED
from klagg_tui.exchange.transport.clock import ExchangeClock, Witnesses
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.feed import Mode
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.live.market import LiveMarket
from klagg_tui.runtime.source import SourceStatus
from klagg_tui.storage.store import Store
from tests.feeds import until
from tests.makers import MINUTE, START, SYMBOL, trade

PERIODS = (Period.M1,)
OTHER = "ETHUSDT"
NOWHERE = MarketEndpoint(venue(), "http://127.0.0.1:9", "ws://127.0.0.1:9", 5)


class Scene:
    """A market of two symbols that wait for nothing."""

    def __init__(self, store: Store) -> None:
        self.now_ms = START
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, lambda: self.now_ms)
        for symbol in (SYMBOL, OTHER):
            self.host.handle([AddSymbol(symbol, 0), SeedBars(symbol, START, (), None, 1)])
        self.store = store
        self.status = SourceStatus(Mode.LIVE, "no connection")
        data = venue().market_data(NOWHERE.rest_url, START)
        self.market = LiveMarket(LiveContext(self.host, store, venue(), data), NOWHERE, self.status)

    def tell_time(self, trip_ms: float = 0) -> ExchangeClock:
        """The exchange has told its time, in an answer that took so long."""
        clock, now_ms = self.market._market_data.clock, steady_ms()
        assert isinstance(clock, ExchangeClock)
        told_ms = self.now_ms - trip_ms / 2
        for _ in range(2):
            clock.sample(now_ms - trip_ms, now_ms, told_ms, witnesses=Witnesses(machine_ms=told_ms))
        assert clock.is_set
        return clock

    @property
    def nudged(self) -> set[str]:
        return set(self.market._repair._queued)


@pytest.fixture(autouse=True)
def _heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of the log reach the test also where an earlier test of this process has begun a log."""
    monkeypatch.setattr(logging.getLogger("klagg_tui"), "propagate", True)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        yield Scene(store)


async def test_trades_go_to_the_engine_and_their_delay_to_the_status(scene: Scene) -> None:
    scene.market._receive_trades([trade(1), trade(2)], 0)
    assert scene.host.engine.counters.trades == 2
    assert scene.status.delay_ms is not None
    assert not scene.nudged


async def test_a_gap_is_repaired(scene: Scene) -> None:
    scene.market._receive_trades([trade(1), trade(5)], 0)
    assert scene.nudged == {SYMBOL}


async def test_rejected_trades_are_logged_some_times_and_placeholders_never(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.market._receive_trades([trade(1, price="0", quantity="0")], 0)
    assert not caplog.messages
    scene.market._receive_trades([trade(number, price="nan") for number in range(2, 60)], 0)
    assert len(caplog.messages) == 20
    assert caplog.messages[0] == f"{SYMBOL}: trade 2 was rejected: 'nan' is not a number"


async def test_a_trade_of_a_minute_that_left_memory_is_logged(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.now_ms += 100 * MINUTE
    scene.market._receive_trades([trade(1), trade(2, START + 100 * MINUTE), trade(3, START + 1)], 0)
    assert caplog.messages == [f"{SYMBOL}: trade 3 came after its minute had left memory"]


async def test_reports_of_the_engine_that_need_nothing_are_passed_over(scene: Scene) -> None:
    scene.now_ms += MINUTE
    scene.market._receive_trades([trade(1), trade(2, START + MINUTE)], 0)
    ended = scene.host.engine.drain(scene.host.engine.reader()).ended
    scene.host.handle([AmendBar(bar) for bar in ended])
    scene.market._receive_trades([trade(3, START + MINUTE)], 0)
    assert not scene.nudged


@pytest.mark.parametrize(("reason", "level"), [(STOPPED, logging.INFO), ("cut", logging.WARNING)])
async def test_symbols_that_lost_their_stream_wait_and_are_looked_into_when_it_is_back(
    scene: Scene, caplog: pytest.LogCaptureFixture, reason: str, level: int
) -> None:
    caplog.set_level(logging.INFO, "klagg_tui")
    scene.market._receive_report(StreamsDown((SYMBOL,), 0, reason))
    assert scene.host.engine.waiting() == (SYMBOL,)
    assert not scene.nudged
    assert [record.levelno for record in caplog.records] == [level]
    scene.market._receive_report(StreamsUp((SYMBOL,)))
    assert scene.nudged == {SYMBOL}


async def test_a_silent_symbol_is_counted_and_looked_into(scene: Scene) -> None:
    scene.market._receive_report(SymbolSilent(SYMBOL, 0, None))
    assert scene.host.metrics[Metric.SILENT_SYMBOLS] == 1
    assert scene.nudged == {SYMBOL}


async def test_a_refused_stream_is_a_notice_and_a_silent_connection_a_line_of_the_log(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.market._receive_report(StreamRefused("x@aggTrade", 2, "unknown"))
    assert scene.host.notices == {"refused": "The exchange refuses the stream x@aggTrade: unknown."}
    scene.market._receive_report(ConnectionSilent(0, (SYMBOL, OTHER)))
    assert caplog.messages == ["a connection of 2 symbols is silent and is being replaced"]


async def test_a_contract_that_was_taken_off_lets_the_listing_be_asked(scene: Scene) -> None:
    scene.market._receive_report(ContractChanged(SYMBOL, is_trading=False))
    assert scene.market.universe._wake.is_set()


async def test_after_sleep_the_exchange_tells_its_time_before_anything_else_is_asked(scene: Scene) -> None:
    told = asyncio.Event()
    asked: list[set[str]] = []

    async def sync() -> None:
        asked.append(set(scene.nudged))
        await told.wait()

    scene.market._market_data.sync = sync  # type: ignore[method-assign]
    scene.host.handle([HoldSymbol(SYMBOL), HoldSymbol(OTHER)])
    scene.market._wake()
    syncing = asyncio.ensure_future(scene.market._sync_forever())
    await until(lambda: bool(asked))
    assert asked == [set()]
    assert scene.host.is_waking
    told.set()
    await until(lambda: not scene.host.is_waking)
    syncing.cancel()
    assert scene.nudged == {SYMBOL, OTHER}


async def test_an_exchange_that_cannot_be_reached_after_sleep_is_asked_until_it_answers(scene: Scene) -> None:
    async def sync() -> None:
        raise Unreachable("no network yet")

    scene.market._market_data.sync = sync  # type: ignore[method-assign]
    scene.market._wake()
    for _ in range(2):  # as `keep_running` begins it again
        with pytest.raises(Unreachable):
            await scene.market._sync_forever()
    assert scene.host.is_waking
    assert not scene.nudged


async def test_the_connection_of_a_symbol_that_is_not_delivered_is_renewed(scene: Scene) -> None:
    scene.market._follow(())
    scene.market._renew(SYMBOL)
    assert [state.symbols for state in scene.market._stream.states()] == [2]


async def test_symbols_that_join_are_followed_and_their_history_is_fetched(scene: Scene) -> None:
    scene.market._follow((SYMBOL,))
    scene.market._metrics.show_status()
    assert scene.status.connection == "connecting"
    assert scene.status.progress == ("history", 0, 1)


async def test_without_a_database_a_live_market_does_not_begin() -> None:
    feed = LiveFeed(NOWHERE)
    assert (feed.market, feed.status) == ("simulated market", SourceStatus(Mode.CONNECTING, "connecting"))
    host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, None, feed.now_ms)
    with pytest.raises(StorageError, match="needs a database"):
        await feed.run(host)


async def test_a_trade_a_day_ahead_is_rejected_and_lets_the_clock_be_looked_at(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.market._receive_trades([trade(1), trade(2, START + 1440 * MINUTE), trade(2), trade(3)], 0)
    assert scene.host.engine.counters.trades == 3
    assert scene.market._is_clock_doubtful.is_set()
    assert "ahead of the exchange's clock" in caplog.messages[0]


async def test_a_clock_that_was_ahead_and_is_set_back_leaves_no_bars_of_the_future_and_begins_anew(
    scene: Scene,
) -> None:
    scene.host.receive([trade(1)])
    scene.host.engine.tick(START + 1440 * MINUTE)
    await scene.host.flush()
    assert await scene.store.count(SYMBOL, Period.M1, START, START + 9999 * MINUTE) == 1440
    scene.tell_time()
    await scene.market._begin_again()
    scene.market._receive_trades([trade(2, START + 1_000)], 0)
    assert scene.nudged == {SYMBOL}
    assert scene.host.engine.counters.too_late == 0
    await scene.host.flush()
    (left,) = [bar async for bar in scene.store.bars(SYMBOL, Period.M1)]
    assert (left.open_ms, left.trade_count, left.state) == (START, 1, State.PARTIAL)


async def test_bars_that_are_of_the_future_only_by_a_badly_known_clock_are_left(scene: Scene) -> None:
    scene.host.receive([trade(1)])
    scene.host.engine.tick(START + 60 * MINUTE)
    await scene.host.flush()
    scene.now_ms = START + 58 * MINUTE
    await scene.market._begin_again()  # it never told its time at all
    assert await scene.store.count(SYMBOL, Period.M1, START, START + 99 * MINUTE) == 60
    scene.tell_time(trip_ms=2.1 * MINUTE)
    await scene.market._begin_again()
    assert await scene.store.count(SYMBOL, Period.M1, START, START + 99 * MINUTE) == 60
    scene.tell_time()
    await scene.market._begin_again()
    assert await scene.store.count(SYMBOL, Period.M1, START, START + 99 * MINUTE) == 59


async def test_a_badly_known_clock_lets_bars_be_final_later(scene: Scene) -> None:
    settle_ms = venue().settle_ms
    assert scene.market._context.settled_ms() == scene.now_ms - settle_ms - MINUTE
    scene.tell_time(trip_ms=20_000)  # ten seconds of error, of which the venue's own time includes five
    late_ms = scene.now_ms - settle_ms - scene.market._context.settled_ms()
    assert late_ms == pytest.approx(5_000, abs=500)
    scene.tell_time(trip_ms=100)
    assert scene.market._context.settled_ms() == scene.now_ms - settle_ms


@pytest.mark.parametrize(("trip_ms", "is_doubtful"), [(20, False), (6_000, True)])
async def test_a_clock_that_is_badly_known_is_looked_at_again_soon(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, trip_ms: float, is_doubtful: bool
) -> None:
    async def sync() -> None:
        scene.tell_time(trip_ms)

    monkeypatch.setattr(scene.market._market_data, "sync", sync)
    await scene.market._sync()
    assert scene.market._is_clock_doubtful.is_set() is is_doubtful


async def test_trades_that_are_far_behind_the_clock_let_it_be_looked_at(scene: Scene) -> None:
    data_ms = scene.market._market_data.clock.now_ms(0)
    scene.market._receive_trades([trade(1, data_ms)._replace(event_ms=data_ms - 50_000)], 0)
    assert not scene.market._is_clock_doubtful.is_set()
    scene.market._receive_trades([trade(1, data_ms)._replace(event_ms=data_ms - 70_000)], 0)
    assert scene.market._is_clock_doubtful.is_set()
