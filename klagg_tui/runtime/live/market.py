"""The live market, built whole: stream, universe, seeding, repair, confirmation and history around one engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from klagg_tui.engine.events import (
    AggTrade,
    GapFound,
    HoldSymbol,
    NumberedAnew,
    RemoveSymbol,
    TradeFields,
    TradeRejected,
    TradeTooLate,
)
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.exchange.messages import BesideTrades, ContractChanged
from klagg_tui.exchange.session import (
    ConnectionSilent,
    FeedLimits,
    StreamRefused,
    StreamsDown,
    StreamsUp,
    SymbolSilent,
)
from klagg_tui.exchange.stream import STOPPED, MarketStream, StreamReport
from klagg_tui.exchange.transport.clock import LATE_MS, LITTLE_MS
from klagg_tui.metrics import Metric
from klagg_tui.runtime.background import keep_running
from klagg_tui.runtime.live.backfill import Backfill
from klagg_tui.runtime.live.completer import Completer
from klagg_tui.runtime.live.context import LiveContext, note_clock, remove_future
from klagg_tui.runtime.live.day_before import DayBefore
from klagg_tui.runtime.live.debts import DebtCollector
from klagg_tui.runtime.live.derivatives import Derivatives
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.gap_repair import GapRepair
from klagg_tui.runtime.live.last_trades import LastTrades
from klagg_tui.runtime.live.metrics import LiveMetrics
from klagg_tui.runtime.live.older import OlderPages
from klagg_tui.runtime.live.reconciler import Reconciler
from klagg_tui.runtime.live.seeder import Seeder
from klagg_tui.runtime.live.universe import SymbolUniverse
from klagg_tui.runtime.source import SourceStatus

log = logging.getLogger(__name__)

SYNC_S: Final = 60.0
"""Between two looks at the exchange's clock."""
_SYNC_AGAIN_S: Final = 5.0
"""The same where trades contradict it, or its answer took so long that it is not known well."""
AHEAD_MS: Final = 10_000
"""How far ahead of the exchange's clock a trade may lie: further than our picture of that clock may be wrong."""
_LOGGED_REJECTED: Final = 20


class LiveMarket:
    """Everything that runs while an exchange is followed; it exists once the exchange has answered."""

    def __init__(self, context: LiveContext, endpoint: MarketEndpoint, status: SourceStatus) -> None:
        self._context = context
        self._endpoint = endpoint
        self._host = context.host
        self._market_data = context.market_data
        self._status = status
        self._logged_rejected = 0
        self._is_clock_doubtful = asyncio.Event()
        self._woke = asyncio.Event()
        self._host.ahead_ms = int(AHEAD_MS * max(1.0, context.market_data.clock.speed))
        self._naming = context.naming
        self._stream = MarketStream(
            endpoint.venue,
            endpoint.ws_url,
            on_trades=self._receive_trades,
            on_report=self._receive_report,
            codec=context.market_data.codec,
            proxy=endpoint.proxy,
            limits=FeedLimits.of(endpoint.venue.streams).faster(context.market_data.clock.speed),
        )
        self._backfill = Backfill(context, endpoint.history, endpoint.keep, minutes=endpoint.minutes)
        self._debts = DebtCollector(context, endpoint.keep)
        self._older = OlderPages(context, endpoint.keep, self._debts.wake)
        seeder = Seeder(context, self._debts.wake)
        self._repair = GapRepair(context, seeder, self._renew)
        self._completer = Completer(context, seeder)
        self._reconciler = Reconciler(context)
        self._derivatives = Derivatives(context)
        self._metrics = LiveMetrics(context, self._stream, self._backfill, status)
        self.universe = SymbolUniverse(context, endpoint.wanted, self._follow)

    async def run(self) -> None:
        """Follow the market until cancelled."""
        self._host.on_wake = self._wake
        self._host.fetch_older = self._older.fetch
        self._follow(())
        try:
            await self._work()
        finally:
            self._host.fetch_older = None

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name, work in (
                ("stream", self._stream.run),
                ("clock", self._sync_forever),
                ("listing", self.universe.keep_forever),
                ("repair", self._repair.work_forever),
                ("larger bars", self._completer.work_forever),
                ("confirmation", self._reconciler.work_forever),
                ("missing bars", self._debts.work_forever),
                ("history", self._backfill.work_forever),
                ("open interest", self._derivatives.work_forever),
                ("day before", DayBefore(self._context).work_forever),
                ("last trades", LastTrades(self._context).work_forever),
                ("metrics", self._metrics.measure_forever),
            ):
                group.create_task(keep_running(name, work, self._host.notices), name=name)

    async def _sync_forever(self) -> None:
        while True:
            await self._sync_is_due()
            self._is_clock_doubtful.clear()
            await self._sync()
            if self._woke.is_set():
                self._woke.clear()
                self._host.is_waking = False
                self._look_into_all()

    async def _sync_is_due(self) -> None:
        """At once after sleep, and until an answer came; soon where trades contradict the clock, or it is not known well."""
        # `asyncio.wait_for` would forget, before Python 3.12, that it was cancelled while it was woken.
        with suppress(TimeoutError):
            async with asyncio.timeout(_SYNC_AGAIN_S):
                await self._woke.wait()
                return
        waits = [asyncio.ensure_future(event.wait()) for event in (self._woke, self._is_clock_doubtful)]
        try:
            await asyncio.wait(waits, timeout=SYNC_S - _SYNC_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in waits:
                waiting.cancel()

    def _wake(self) -> None:
        """The machine slept: the exchange is asked for its time before anything else, and nothing is live until it told it."""
        self._host.is_waking = True
        self._woke.set()

    async def _sync(self) -> None:
        was_ms = self._host.now_ms()
        await self._market_data.sync()
        note_clock(self._market_data.clock, self._host.notices)
        if self._market_data.clock.is_set and self._market_data.error_ms() > LITTLE_MS / 2:
            self._is_clock_doubtful.set()
        if self._host.now_ms() < was_ms - MINUTE_MS:
            await self._begin_again()

    async def _begin_again(self) -> None:
        """The clock was ahead, and with it every symbol's bars: they are taken back, and each symbol is seeded anew."""
        symbols = self._host.engine.symbols()
        log.warning("the clock was set back: %d symbols begin again", len(symbols))
        self._host.handle([RemoveSymbol(symbol) for symbol in symbols])
        self._host.handle(map(self._context.added, symbols))
        await self._host.flush()
        latest_ms = self._endpoint.latest_ms(self._host.now_ms())
        await remove_future(self._host, self._context.store, latest_ms, self._market_data.error_ms())

    def _look_into_all(self) -> None:
        """What every symbol missed in sleep is asked for, also where its connection survived."""
        for symbol in self._host.engine.waiting():
            self._repair.nudge(symbol)

    def _renew(self, symbol: str) -> None:
        """Its connection does not deliver what the exchange has."""
        self._stream.renew(self._naming.symbol(symbol), f"{symbol} was acknowledged and stayed silent")

    def _follow(self, joined: tuple[str, ...]) -> None:
        """The engine follows other symbols now; `joined` are those whose history is to be fetched."""
        self._stream.follow([self._naming.symbol(name) for name in self._host.engine.symbols()])
        self._derivatives.follow()
        self._backfill.want(joined)
        self._debts.wake()

    def _receive_trades(self, trades: Sequence[TradeFields], local_ms: int) -> None:
        """What one read of a socket brought."""
        last, clock = AggTrade(*trades[-1]), self._market_data.clock
        clock.heard(local_ms, last.traded_ms)
        self._status.delay_ms = max(0.0, float(clock.now_ms(local_ms) - last.event_ms))
        if self._status.delay_ms > LATE_MS * clock.speed:
            self._is_clock_doubtful.set()
        self._host.receive(trades)
        for report in self._host.engine.take_reports():
            if isinstance(report, GapFound):
                self._repair.nudge(report.symbol)
            elif isinstance(report, NumberedAnew):
                name = report.symbol
                self._repair.begin_anew(name, self._host.engine.traded_ms(name), report.trade.traded_ms)
            elif isinstance(report, TradeRejected):
                self._log_rejected(report)
                if report.trade.traded_ms > (self._host.engine.latest_ms or report.trade.traded_ms):
                    self._is_clock_doubtful.set()
            elif isinstance(report, TradeTooLate):
                log.warning("%s: trade %d came after its minute had left memory", *_label(report))

    def _log_rejected(self, report: TradeRejected) -> None:
        if self._logged_rejected < _LOGGED_REJECTED and not report.trade.is_placeholder:
            self._logged_rejected += 1
            log.warning("%s: trade %d was rejected: %s", *_label(report), report.reason)

    def _receive_report(self, report: StreamReport) -> None:
        """What the protocol noticed: symbols nobody delivers wait, and are looked into once somebody does."""
        if isinstance(report, BesideTrades):
            self._derivatives.receive(report)
            return
        if isinstance(report, StreamsDown):
            level = logging.INFO if report.reason == STOPPED else logging.WARNING
            log.log(level, "%d symbols lost their stream: %s", len(report.symbols), report.reason)
            self._host.handle([HoldSymbol(self._naming.name(symbol)) for symbol in report.symbols])
        elif isinstance(report, StreamsUp):
            for symbol in report.symbols:
                self._repair.nudge(self._naming.name(symbol))
        elif isinstance(report, SymbolSilent):
            self._host.metrics.add(Metric.SILENT_SYMBOLS)
            self._repair.verify_silence(self._naming.name(report.symbol))
        elif isinstance(report, ContractChanged):
            self.universe.contract_changed(report._replace(symbol=self._naming.name(report.symbol)))
        elif isinstance(report, StreamRefused):
            self._host.notices["refused"] = f"The exchange refuses the stream {report.stream}: {report.message}."
        elif isinstance(report, ConnectionSilent):
            log.warning("a connection of %d symbols is silent and is being replaced", len(report.symbols))
        self._metrics.show_status()


def _label(report: TradeRejected | TradeTooLate) -> tuple[str, int]:
    return report.symbol, report.trade.aggregate_id
