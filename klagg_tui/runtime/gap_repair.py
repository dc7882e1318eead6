"""Symbols that wait for missing trades, and what is done about them.

The engine is asked what is missing at each step, so a report is only a nudge and a failed step can be repeated. Few
missing trades are fetched by their ids; more of them, or those of many symbols at once, cost less as bars.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AbandonGap, AggTrade, HoldSymbol, MissingTrades, PendingGap, ReleaseSymbol
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import GeoBlocked, KlaggError
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.context import LiveContext
from klagg_tui.runtime.seeder import Seeder

log = logging.getLogger(__name__)

MOST_PAGES: Final = 3
"""Pages of missing trades up to which a gap is filled trade by trade."""
SHARE_BY_ID: Final = 1 / 3
"""Of the cost allowed a minute: so many symbols as this pays a page of trades each may wait and still be filled by trades."""
VERIFY_MARGIN: Final = 9
"""Minutes of a cheapest page of bars that are left free when silence is verified."""
WORKERS: Final = 8
RETRY_S: Final = 2.0


class GapRepair:
    """A queue of symbols and some workers."""

    def __init__(self, context: LiveContext, seeder: Seeder, renew: Callable[[str], None]) -> None:
        """`renew` replaces the connection of a symbol whose subscription was acknowledged and delivers nothing."""
        self._context = context
        self._host = context.host
        self._market_data = context.market_data
        self._seeder = seeder
        limits = context.venue.requests
        self._page_trades = limits.trade_page.rows
        self._page_bars = limits.cheapest_bars
        self._most_trades = MOST_PAGES * limits.trade_page.rows
        self._most_symbols = round(SHARE_BY_ID * limits.cost_per_minute / limits.trade_page.cost)
        self._reach_ms = limits.trades_reach_ms
        self._renew = renew
        self._silent: set[str] = set()
        self._queue: asyncio.PriorityQueue[tuple[int, int, str]] = asyncio.PriorityQueue()
        self._queued: set[str] = set()
        self._count = 0
        self._failed_tries: dict[str, int] = {}

    def nudge(self, symbol: str) -> None:
        """Look into a symbol soon; it may be asked for any number of times."""
        if symbol in self._queued:
            return
        gap = self._host.engine.hole(symbol)
        priority = Priority.SEAM if gap and gap.next_id is None else Priority.GAP
        self._queued.add(symbol)
        self._count += 1
        self._queue.put_nowait((priority, self._count, symbol))

    def verify_silence(self, symbol: str) -> None:
        """A symbol is silent while its peers are not: it waits until the exchange's bars show whether that is real."""
        self._silent.add(symbol)
        self._host.handle([HoldSymbol(symbol)])
        self.nudge(symbol)

    async def work_forever(self) -> None:
        """Run the workers."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(self._work())

    async def _work(self) -> None:
        while True:
            _, _, symbol = await self._queue.get()
            retry = False
            try:
                await self._step(symbol)
                self._host.notices.pop("repair", None)
            except GeoBlocked as error:
                self._host.notices["repair"] = str(error)
                retry = True
            except KlaggError as error:
                self._host.notices["repair"] = f"{error} {len(self._queued)} symbols wait for missing trades."
                log.info("repair of %s failed: %s", symbol, error)
                retry = True
            finally:
                self._queued.discard(symbol)
            if retry:
                await asyncio.sleep(RETRY_S)
            if self._host.engine.hole(symbol):
                self.nudge(symbol)

    async def _step(self, symbol: str) -> None:
        """Do the one thing that lets the symbol go on, or brings it closer to that."""
        gap = self._host.engine.hole(symbol)
        if gap is None:
            self._silent.discard(symbol)
            return
        if gap.next_id is None:
            if not gap.held:
                # It has no trades yet: there is nothing to join.
                self._host.handle([ReleaseSymbol(symbol)])
                return
            await self._seeder.seed(symbol, Priority.SEAM)
        elif not gap.held:
            await self._verify(symbol, gap.minute, gap.next_id)
        elif self._is_small(gap):
            await self._fill(symbol, gap.next_id, gap.held[0].aggregate_id)
        else:
            await self._seeder.seed(symbol, Priority.GAP)

    def _is_small(self, gap: PendingGap) -> bool:
        missing = gap.held[0].aggregate_id - (gap.next_id or 0)
        is_recent = self._context.now_ms() - gap.traded_ms < self._reach_ms
        return missing <= self._most_trades and is_recent and not self._is_crowded

    @property
    def _is_crowded(self) -> bool:
        """Whether so many symbols wait that their trades would cost more than waiting for their bars."""
        return len(self._queued) > self._most_symbols

    async def _fill(self, symbol: str, first_id: int, until_id: int) -> None:
        trades = await self._trades(symbol, first_id, until_id)
        self._host.handle([MissingTrades(symbol, tuple(trades))])
        gap = self._host.engine.hole(symbol)
        if gap is None or gap.next_id != first_id:
            self._failed_tries.pop(symbol, None)
            return
        # The exchange itself lacks the trade: after three tries its minute is partial, until the exchange's bar is fetched.
        self._failed_tries[symbol] = self._failed_tries.get(symbol, 0) + 1
        if self._failed_tries[symbol] >= 3:
            del self._failed_tries[symbol]
            log.warning("%s: the exchange does not have trade %d", symbol, first_id)
            self._host.handle([AbandonGap(symbol)])
        else:
            await asyncio.sleep(RETRY_S)

    async def _trades(self, symbol: str, first_id: int, until_id: int) -> list[AggTrade]:
        """Trades from `first_id` to before `until_id`, as far as the exchange has them."""
        trades: list[AggTrade] = []
        next_id = first_id
        while next_id < until_id:
            limit = min(self._page_trades, until_id - next_id)
            page = await self._market_data.trades(symbol, next_id, limit=limit, priority=Priority.GAP)
            if not page:
                break
            trades += [trade for trade in page if trade.aggregate_id < until_id]
            next_id = page[-1].aggregate_id + 1
        return trades

    async def _verify(self, symbol: str, minute: Bar | None, next_id: int) -> None:
        """Find out whether anything was traded while no connection delivered: the exchange's bars since then show it."""
        now_ms = self._context.now_ms()
        if minute is None or now_ms - minute.open_ms > (self._page_bars - VERIFY_MARGIN) * MINUTE_MS:
            await self._seeder.seed(symbol, Priority.GAP)
            return
        rows = await self._market_data.bars(
            symbol, Period.M1, minute.open_ms, now_ms, limit=self._page_bars, priority=Priority.GAP
        )
        count = sum(bar.trade_count for bar in rows)
        is_silence_real = bool(rows) and rows[0].open_ms == minute.open_ms and count == minute.trade_count
        if symbol in self._silent:
            self._silent.discard(symbol)
            if not is_silence_real:
                log.warning("%s was traded, but its connection delivered nothing", symbol)
                self._renew(symbol)
        if is_silence_real:
            self._host.handle([ReleaseSymbol(symbol)])
            return
        trades = None if self._is_crowded else await self._trades(symbol, next_id, next_id + self._most_trades)
        if trades is None or len(trades) == self._most_trades:
            await self._seeder.seed(symbol, Priority.GAP)
        else:
            self._host.handle([MissingTrades(symbol, tuple(trades))])
