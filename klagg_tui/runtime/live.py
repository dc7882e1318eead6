"""The live market: listing, streams, seams, repair, confirmation and history around one engine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from klagg_tui.engine.events import AggTrade, GapFound, HoldSymbol, TradeFields, TradeRejected, TradeTooLate
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, BadNumber, ExchangeError, GeoBlocked, StorageError
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.messages import ContractChanged
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.session import (
    ConnectionSilent,
    FeedLimits,
    StreamRefused,
    StreamsDown,
    StreamsUp,
    SymbolSilent,
)
from klagg_tui.exchange.stream import HUNG_UP, MarketStream, StreamReport
from klagg_tui.exchange.venue import Venue
from klagg_tui.feed import Mode, Progress
from klagg_tui.runtime.backfill import Backfill
from klagg_tui.runtime.context import Contract, LiveContext
from klagg_tui.runtime.gap_repair import GapRepair
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.reconciler import Reconciler
from klagg_tui.runtime.seeder import Seeder
from klagg_tui.runtime.universe import SymbolUniverse

log = logging.getLogger(__name__)

SYNC_S: Final = 60.0
"""Between two looks at the exchange's clock."""
RETRY_S: Final = 3.0
FIGURES_S: Final = 0.5
_LOGGED_REJECTED: Final = 20
FIRST_PAUSE_S: Final = 0.2
"""An exchange on this machine may still be starting."""


@dataclass(frozen=True)
class MarketEndpoint:
    """An exchange and what is wanted of it."""

    rest_url: str
    ws_url: str
    choice: SymbolFilter = field(default_factory=SymbolFilter)
    history: int = venue().requests.best_bars
    """Bars of each symbol and period to have at the least."""
    keep: Mapping[Period, int] = field(default_factory=dict)
    """For how many milliseconds bars are kept, by period; older ones are not fetched."""
    proxy: str | None = None
    market: str = venue().name
    mode: Mode = Mode.LIVE
    venue: Venue = field(default_factory=venue)
    start_ms: int | None = None
    """What the clock says before the exchange was heard; None: this machine's time."""


class Live:
    """A `Source` that follows an exchange. Needs a store: seams and confirmation stand on it."""

    is_live = True

    def __init__(self, where: MarketEndpoint) -> None:
        self.market = where.market
        self._where = where
        now_ms = time.time() * 1000 if where.start_ms is None else where.start_ms
        self._rest = where.venue.market_data(where.rest_url, now_ms, proxy=where.proxy)
        self._stream: MarketStream | None = None
        self._logged_rejected = 0
        self._core: EngineHost | None = None
        self._repairs: GapRepair | None = None
        self._roster: SymbolUniverse | None = None
        self._past: Backfill | None = None
        self._is_reached = False
        self._delay_ms: float | None = None
        self._silent = 0

    @property
    def mode(self) -> Mode:
        """Offline until the exchange is heard."""
        return self._where.mode if self._is_reached else Mode.OFFLINE

    @property
    def connection(self) -> str:
        """How the streams stand."""
        if not (self._is_reached and self._stream):
            return "no connection"
        states = self._stream.states()
        symbols, covered = sum(state.symbols for state in states), sum(state.covered for state in states)
        if covered == symbols:
            return "connected"
        return f"{covered} of {symbols} symbols" if covered else "connecting"

    @property
    def progress(self) -> Progress | None:
        """How far history is."""
        return self._past.progress if self._past else None

    @property
    def delay_ms(self) -> float | None:
        """From the exchange's sending of the newest trade to here."""
        return self._delay_ms

    def now_ms(self) -> int:
        """The exchange's clock."""
        return self._rest.now_ms()

    async def run(self, core: EngineHost) -> None:
        """Follow the market until cancelled."""
        assert core.store is not None, "the live market stands on a store"
        self._core = core
        async with self._rest as rest:
            ground = LiveContext(core, core.store, rest)
            await self._restore(ground)
            core.on_wake = self._look_into_all
            self._past = Backfill(ground, self._where.history, self._where.keep)
            self._repairs = GapRepair(ground, Seeder(ground, self._past.want), self._renew)
            self._roster = SymbolUniverse(ground, self._where.choice, self._follow)
            confirmation = Reconciler(ground)
            await self._reach(self._roster)
            self._stream = MarketStream(
                self._where.venue,
                self._where.ws_url,
                on_trades=self._take_trades,
                on_report=self._take_report,
                proxy=self._where.proxy,
                limits=FeedLimits.of(self._where.venue.streams).faster(rest.clock.speed),
            )
            self._follow(())
            async with asyncio.TaskGroup() as group:
                for name, work in (
                    ("stream", self._stream.run),
                    ("clock", self._sync_forever),
                    ("listing", self._roster.keep_forever),
                    ("repair", self._repairs.work_forever),
                    ("confirmation", confirmation.work_forever),
                    ("history", self._past.work_forever),
                    ("figures", self._count_forever),
                ):
                    group.create_task(self._kept_up(name, work), name=name)

    async def _restore(self, ground: LiveContext) -> None:
        """Know of stored symbols what was learned of them before."""
        for known in await ground.store.symbols():
            ground.contracts[known.symbol] = Contract(known.first_open_ms, known.anchor)

    async def _reach(self, roster: SymbolUniverse) -> None:
        """Ask for time and listing until the exchange answers."""
        assert self._core is not None
        pause_s = FIRST_PAUSE_S
        while not self._is_reached:
            try:
                await self._rest.sync()
                self._is_reached = True
                await roster.reconcile()
            except (ExchangeError, StorageError) as error:
                self._is_reached = False
                if self._core.notices.get("exchange") != str(error):
                    log.warning("%s", error)
                self._core.notices["exchange"] = str(error)
                await asyncio.sleep(60.0 if isinstance(error, GeoBlocked) else pause_s)
                pause_s = min(RETRY_S, 2 * pause_s)
            else:
                self._core.notices.pop("exchange", None)

    async def _kept_up(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """One loop of the market. What nobody thought of costs a pause, is logged and told, and ends nothing else."""
        assert self._core is not None
        while True:
            try:
                await work()
            except (ExchangeError, StorageError, BadFrame, BadNumber) as error:
                self._core.notices[name] = str(error)
                log.warning("%s: %s", name, error)
            except Exception as error:
                self._core.notices[name] = f"The loop for {name} stumbled and begins again; the log says over what."
                log.exception("%s stumbled", name, exc_info=error)
            await asyncio.sleep(RETRY_S)
            self._core.notices.pop(name, None)

    async def _sync_forever(self) -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            await self._rest.sync()

    async def _count_forever(self) -> None:
        assert self._core is not None
        figures = self._core.figures
        while True:
            use = self._rest.use()
            figures["weight used"] = use.used
            figures["weight limit"] = use.limit
            figures["requests"] = use.requests
            figures["retries"] = use.retries
            figures["silent symbols"] = self._silent
            figures["symbols waiting"] = len(self._core.engine.waiting())
            figures["trades held back"] = self._core.engine.held_trades()
            if self._stream:
                self._count_stream(self._stream, figures)
            await asyncio.sleep(FIGURES_S)

    def _count_stream(self, stream: MarketStream, figures: dict[str, float]) -> None:
        assert self._core is not None
        counters, states = stream.counters, stream.states()
        figures["frames/s"] = (counters.frames - figures.get("frames", 0)) / FIGURES_S
        figures["frames"] = counters.frames
        figures["bad frames"] = counters.bad_frames
        figures["connections"] = sum(state.opened_ms is not None for state in states)
        figures["reconnects"] = sum(state.losses for state in states)
        figures["rotations"] = sum(state.rotations for state in states)
        if trouble := stream.trouble():
            self._core.notices["stream"] = trouble
        else:
            self._core.notices.pop("stream", None)

    def _look_into_all(self) -> None:
        """The machine slept: what every symbol missed is asked for, also where its connection came through."""
        assert self._core is not None
        if self._repairs:
            for symbol in self._core.engine.waiting():
                self._repairs.nudge(symbol)

    def _renew(self, symbol: str) -> None:
        """Its connection does not deliver what the exchange has."""
        if self._stream:
            self._stream.renew(symbol, f"{symbol} was acknowledged and stayed silent")

    def _follow(self, joined: tuple[str, ...]) -> None:
        """The engine follows other symbols now; `merge` are the new ones."""
        assert self._core is not None
        if self._stream:
            self._stream.follow(self._core.engine.symbols())
        if self._past:
            self._past.want(joined)

    def _take_trades(self, trades: Sequence[TradeFields], local_ms: int) -> None:
        """What one gulp of a socket brought."""
        assert self._core is not None
        self._delay_ms = max(0.0, float(self._rest.clock.now_ms(local_ms) - AggTrade(*trades[-1]).event_ms))
        self._core.take(trades)
        self._see_to_reports()

    def _see_to_reports(self) -> None:
        assert self._core is not None
        for report in self._core.engine.take_reports():
            if isinstance(report, GapFound) and self._repairs:
                self._repairs.nudge(report.symbol)
            elif isinstance(report, TradeRejected):
                if self._logged_rejected < _LOGGED_REJECTED and not report.trade.is_placeholder:
                    self._logged_rejected += 1
                    log.warning("%s: trade %d was rejected: %s", *_label(report.trade), report.reason)
            elif isinstance(report, TradeTooLate):
                log.warning("%s: trade %d came after its minute was let go", *_label(report.trade))

    def _take_report(self, report: StreamReport) -> None:
        """What the protocol noticed: symbols nobody delivers wait, and are looked into once somebody does."""
        assert self._core is not None
        assert self._repairs is not None
        assert self._roster is not None
        if isinstance(report, StreamsDown):
            level = logging.INFO if report.reason == HUNG_UP else logging.WARNING
            log.log(level, "%d symbols lost their stream: %s", len(report.symbols), report.reason)
            self._core.handle([HoldSymbol(symbol) for symbol in report.symbols])
        elif isinstance(report, StreamsUp):
            for symbol in report.symbols:
                self._repairs.nudge(symbol)
        elif isinstance(report, SymbolSilent):
            self._silent += 1
            self._repairs.doubt(report.symbol)
        elif isinstance(report, ContractChanged):
            self._roster.heard(report)
        elif isinstance(report, StreamRefused):
            self._core.notices["refused"] = f"The exchange refuses the stream {report.stream}: {report.message}."
        elif isinstance(report, ConnectionSilent):
            log.warning("a connection of %d symbols is silent; a new one is on its way", len(report.symbols))


def _label(trade: AggTrade) -> tuple[str, int]:
    return trade.symbol, trade.aggregate_id
