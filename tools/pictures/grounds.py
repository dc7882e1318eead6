"""The grounds that scenes play on: a runtime each, whose market is ready before anything is drawn."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.transport.client import MarketClient
from klagg_tui.exchange.transport.http import Answer, HttpClient
from klagg_tui.exchange.venue import Priority, Request
from klagg_tui.feed import FeedUpdate, Mode, Status
from klagg_tui.metrics import Metric
from klagg_tui.runtime import latest
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.plans import SIMULATED
from klagg_tui.runtime.playback import ReplayPlayback
from klagg_tui.runtime.player import Player
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.source import Plan, Source
from klagg_tui.runtime.worker import Runtime
from klagg_tui.screens.app_state import AppState
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.steering import Playback
from klagg_tui.storage.venues import mark_of
from klagg_tui.view.preferences import Preferences
from tools.pictures.scenes import Ground
from tools.pictures.still import STILL_MS, StillMarket

VENUES: Final = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")
ONE: Final = MarketSpec(symbols=300, activity=400.0)
EACH: Final = MarketSpec(symbols=40, activity=30.0)
_EACH_HISTORY: Final = 60
RECORDED: Final = Path(__file__).parents[3] / "shared/data/um-BTCUSDT-2024-08-08/aggTrade-derived.jsonl.gz"
"""Recorded market data beside the project, where it is there; see CONTRIBUTING.md."""
_REPLAYED_FROM_MS: Final = 1_723_161_276_000
"""20 seconds after its first trade."""
_OFFLINE_MS: Final = STILL_MS + 180_000
_PATIENCE_S: Final = 600.0
_ENDLESS_MS: Final = 10**9
_FIXED: Final[Mapping[Metric, float]] = {
    Metric.FRAMES_PER_SECOND: 188.0,
    Metric.CONNECTIONS: 2.0,
    Metric.RECONNECTS: 1.0,
    Metric.ROTATIONS: 0.0,
    Metric.FRAMES: 402_113.0,
    Metric.BAD_FRAMES: 0.0,
    Metric.WRITE: 18.0,
    Metric.REQUESTS: 1_204.0,
    Metric.RETRIES: 2.0,
    Metric.WEIGHT_USED: 312.0,
    Metric.WEIGHT_LIMIT: 2_400.0,
    Metric.MEMORY: 148.0,
    Metric.PROCESSOR: 7.4,
    Metric.ROWS_WRITTEN: 48_211.0,
    Metric.DIRTY_ROWS: 120.0,
}
"""What is measured by the clock of the world, and would be another in every picture."""
_LOG: Final = (
    "09:00:01 INFO  klagg_tui.runtime.live.universe: following 300 more symbols",
    "09:00:03 INFO  klagg_tui.runtime.live.day_before: tickers of 24 hours came of 300 of 300 symbols",
    "09:14:26 WARNING klagg_tui.runtime.live.market: 150 symbols lost their stream: the exchange closed it (1001)",
    "09:14:27 INFO  klagg_tui.exchange.stream: connection opened",
)


class Stage(NamedTuple):
    """A ground that is ready."""

    runtime: Runtime
    state: AppState
    """Has taken in the market; apps go on with it."""
    playback: Playback | None
    go_on_to: Callable[[int], None]
    """Lets the time go on to a moment, in milliseconds; returns once it has come."""


class StillRuntime(Runtime):
    """Tells fixed values of what is measured."""

    def status(self) -> Status:
        told = super().status()
        venues = tuple(
            each._replace(
                metrics={**each.metrics, **_per_venue(each.metrics)}, trades_per_second=1_187.0 / len(told.venues)
            )
            for each in told.venues
        )
        return told._replace(metrics={**told.metrics, **_FIXED}, log_lines=_LOG, venues=venues)


def _per_venue(metrics: Mapping[Metric, float]) -> Mapping[Metric, float]:
    del metrics
    return _FIXED


class NoNetwork(LiveFeed):
    """An exchange that no request reaches, whose time stands still."""

    def now_ms(self) -> int:
        return _OFFLINE_MS

    async def run(self, host: MarketHost) -> None:
        endpoint = self._endpoint
        asked = endpoint.venue.market_data(endpoint.rest_url, self.now_ms())
        assert isinstance(asked, MarketClient)
        asked.http.__class__ = _Unreachable
        self._market_data = asked  # type: ignore[assignment]
        await super().run(host)


class _Unreachable(HttpClient):
    async def get(self, request: Request, priority: Priority) -> Answer:
        del request, priority
        raise self._unreachable(OSError("Temporary failure in name resolution"))


@contextmanager
def stage(ground: Ground, folder: Path, choices: Preferences) -> Iterator[Stage]:
    """Prepare a ground; `folder` keeps its database, and may hold that of `Ground.ONE` for `Ground.OFFLINE`."""
    # Preparing a market keeps the engine's thread from telling anything for as long as the machine needs.
    latest.OLD_MS = _ENDLESS_MS  # type: ignore[misc]
    markets, plan, replay = _planned(ground, folder)
    player = replay.player if replay else None
    if player:
        player.pause()
        player.skip_to(_REPLAYED_FROM_MS)
    runtime = (Runtime if ground is Ground.REPLAY else StillRuntime)(plan)
    runtime.start()
    try:
        state = AppState(runtime, choices, lambda _choices: None)

        def wait_for(what: Callable[[], bool]) -> None:
            until_s = time.monotonic() + _PATIENCE_S
            while not what():
                if runtime.error:
                    raise runtime.error
                assert time.monotonic() < until_s, f"{ground.value} is not ready"
                time.sleep(0.02)

        def go_on_to(at_ms: int) -> None:
            for market in markets:
                market.go_on_to = at_ms
            if player:
                player.skip_to(at_ms)
            wait_for(lambda: _has_come(runtime, player, at_ms) and _is_told(runtime))

        wait_for(lambda: all(market.is_prepared for market in markets))
        wait_for(lambda: _taken(runtime, state, ground))
        yield Stage(runtime, state, ReplayPlayback(replay, runtime) if replay else None, go_on_to)
    finally:
        runtime.cancel()
        runtime.wait()


def _has_come(runtime: Runtime, player: Player | None, at_ms: int) -> bool:
    if player is None:
        return runtime.status().exchange_now_ms >= at_ms
    return runtime.status().connection == "ended" or (player._at_ms or 0) >= at_ms


def _is_told(runtime: Runtime) -> bool:
    """Whether the screen was told all that changed."""
    return not len(runtime._ready.result()._screen.reader.tracker)


def _taken(runtime: Runtime, state: AppState, ground: Ground) -> bool:
    """Whether the market has taken in all there is: nothing new came for a while, and what is to come has."""
    has_rows = ground is Ground.EMPTY or bool(state.live.rows)
    quiet = 0
    while has_rows and quiet < 15:
        update: FeedUpdate | None = (state.beat(), state.last_update)[1]
        quiet = 0 if update is not None else quiet + 1
        time.sleep(0.05)
    if not has_rows:
        state.beat()
    return has_rows and (ground not in (Ground.OFFLINE, Ground.EMPTY) or bool(runtime.status().notices))


def _planned(ground: Ground, folder: Path) -> tuple[list[StillMarket], Plan, Replay | None]:
    if ground is Ground.REPLAY:
        replay = Replay([RECORDED], None)
        return [], Plan(lambda: replay, DEFAULT_PERIODS, folder / "replay.db"), replay
    if ground in (Ground.OFFLINE, Ground.EMPTY):
        database = folder / f"{ground.name}.db"
        if ground is Ground.OFFLINE:
            shutil.copy(folder / f"{Ground.ONE.name}.db", database)
        exchange = venue()
        endpoint = MarketEndpoint(
            exchange, exchange.rest_url, exchange.stream_url, 1, market=exchange.name, start_ms=_OFFLINE_MS
        )
        return [], Plan(lambda: NoNetwork(endpoint), DEFAULT_PERIODS, database, mark_of(exchange.key, SIMULATED)), None
    keys = VENUES if ground is Ground.SEVERAL else VENUES[:1]
    markets = {key: _market(key, ground) for key in keys}
    marks = [mark_of(key, SIMULATED) for key in keys]
    alone = next(iter(markets.values()))

    def source() -> Source:
        return SeveralMarkets(markets) if len(markets) > 1 else alone  # type: ignore[arg-type,return-value]

    database = folder / f"{ground.name}.db"
    lags = tuple(key for key in keys if venue(key).candle.opens_at_previous_close)
    plan = Plan(source, DEFAULT_PERIODS, database, marks[0], others=tuple(marks[1:]), previous_close=lags)
    return list(markets.values()), plan, None


def _market(key: str, ground: Ground) -> StillMarket:
    exchange = venue(key)
    asked = exchange.requests
    if ground is Ground.SEVERAL:
        endpoint = MarketEndpoint(
            exchange, exchange.rest_url, exchange.stream_url, _EACH_HISTORY, market=exchange.name, mode=Mode.DEMO
        )
        return StillMarket(key, EACH, endpoint, deep=3)
    endpoint = MarketEndpoint(
        exchange,
        exchange.rest_url,
        exchange.stream_url,
        asked.cheapest_bars,
        mode=Mode.DEMO,
        minutes=asked.best_bars,
    )
    return StillMarket(key, ONE, endpoint, deep=16)
