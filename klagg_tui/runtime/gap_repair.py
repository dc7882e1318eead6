"""Symbols that wait for missing trades, and what is done about them.

Whatever is known is asked of the engine anew at each step, so a report is only a nudge and a failed step can be taken
again. Few missing trades are fetched by their ids; more of them, or those of many symbols at once, cost less as bars.
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

PAGE: Final = 1_000
"""Aggregate trades that one request brings at the most."""
MOST_BY_ID: Final = 3_000
"""Missing trades up to which a hole is filled one by one: three requests of weight 20."""
MOST_SYMBOLS_BY_ID: Final = 40
"""Symbols waiting at once up to which holes are filled one by one: 800 of the 2,400 weight of a minute."""
REACH_MS: Final = 24 * 3_600_000 - 600_000
"""How far back aggregate trades can be had: 24 hours by the documentation of 2026-05, less a margin."""
WORKERS: Final = 8
RETRY_S: Final = 2.0


class GapRepair:
    """A queue of symbols and some workers."""

    def __init__(self, ground: LiveContext, seams: Seeder, renew: Callable[[str], None]) -> None:
        """`renew` replaces the connection of a symbol that turned out to be acknowledged and not delivered."""
        self._core = ground.core
        self._rest = ground.rest
        self._seams = seams
        self._renew = renew
        self._doubted: set[str] = set()
        self._queue: asyncio.PriorityQueue[tuple[int, int, str]] = asyncio.PriorityQueue()
        self._queued: set[str] = set()
        self._count = 0
        self._dead_ends: dict[str, int] = {}

    def nudge(self, symbol: str) -> None:
        """See to a symbol soon; it may be told any number of times."""
        if symbol in self._queued:
            return
        hole = self._core.engine.hole(symbol)
        priority = Priority.SEAM if hole and hole.next_id is None else Priority.GAP
        self._queued.add(symbol)
        self._count += 1
        self._queue.put_nowait((priority, self._count, symbol))

    def doubt(self, symbol: str) -> None:
        """A symbol is silent while its peers are not: it waits until the exchange has told whether that is real."""
        self._doubted.add(symbol)
        self._core.handle([HoldSymbol(symbol)])
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
                self._core.notices.pop("repair", None)
            except GeoBlocked as error:
                self._core.notices["repair"] = str(error)
                retry = True
            except KlaggError as error:
                self._core.notices["repair"] = f"{error} {len(self._queued)} symbols wait for missing trades."
                log.info("repair of %s failed: %s", symbol, error)
                retry = True
            finally:
                self._queued.discard(symbol)
            if retry:
                await asyncio.sleep(RETRY_S)
            if self._core.engine.hole(symbol):
                self.nudge(symbol)

    async def _step(self, symbol: str) -> None:
        """One thing that brings the symbol nearer to going on."""
        hole = self._core.engine.hole(symbol)
        if hole is None:
            self._doubted.discard(symbol)
            return
        if hole.next_id is None:
            if not hole.held:
                # Nothing was heard of it yet: there is no seam to make.
                self._core.handle([ReleaseSymbol(symbol)])
                return
            await self._seams.seed(symbol, Priority.SEAM)
        elif not hole.held:
            await self._verify(symbol, hole.minute, hole.next_id)
        elif self._is_small(hole):
            await self._fill(symbol, hole.next_id, hole.held[0].aggregate_id)
        else:
            await self._seams.seed(symbol, Priority.GAP)

    def _is_small(self, hole: PendingGap) -> bool:
        missing = hole.held[0].aggregate_id - (hole.next_id or 0)
        is_recent = self._core.now_ms() - hole.traded_ms < REACH_MS
        return missing <= MOST_BY_ID and is_recent and not self._is_crowded

    @property
    def _is_crowded(self) -> bool:
        """Whether so many symbols wait that their trades would cost more weight than their bars are worth waiting for."""
        return len(self._queued) > MOST_SYMBOLS_BY_ID

    async def _fill(self, symbol: str, first_id: int, until_id: int) -> None:
        trades = await self._trades(symbol, first_id, until_id)
        self._core.handle([MissingTrades(symbol, tuple(trades))])
        hole = self._core.engine.hole(symbol)
        if hole is None or hole.next_id != first_id:
            self._dead_ends.pop(symbol, None)
            return
        # The exchange itself lacks the trade: after three tries its minute is partial, until the exchange's bar is had.
        self._dead_ends[symbol] = self._dead_ends.get(symbol, 0) + 1
        if self._dead_ends[symbol] >= 3:
            del self._dead_ends[symbol]
            log.warning("%s: the exchange does not give trade %d", symbol, first_id)
            self._core.handle([AbandonGap(symbol)])
        else:
            await asyncio.sleep(RETRY_S)

    async def _trades(self, symbol: str, first_id: int, until_id: int) -> list[AggTrade]:
        """Aggregate trades from `first_id` to before `until_id`, as far as the exchange has them."""
        trades: list[AggTrade] = []
        next_id = first_id
        while next_id < until_id:
            limit = min(PAGE, until_id - next_id)
            page = await self._rest.trades(symbol, next_id, limit=limit, priority=Priority.GAP)
            if not page:
                break
            trades += [trade for trade in page if trade.aggregate_id < until_id]
            next_id = page[-1].aggregate_id + 1
        return trades

    async def _verify(self, symbol: str, minute: Bar | None, next_id: int) -> None:
        """Whether anything was traded while nobody listened: the exchange's bars since then tell, at weight 1."""
        now_ms = self._core.now_ms()
        if minute is None or now_ms - minute.open_ms > 90 * MINUTE_MS:
            await self._seams.seed(symbol, Priority.GAP)
            return
        rows = await self._rest.bars(symbol, Period.M1, minute.open_ms, now_ms, limit=99, priority=Priority.GAP)
        count = sum(bar.trade_count for bar in rows)
        is_silence_real = bool(rows) and rows[0].open_ms == minute.open_ms and count == minute.trade_count
        if symbol in self._doubted:
            self._doubted.discard(symbol)
            if not is_silence_real:
                log.warning("%s was traded and not delivered", symbol)
                self._renew(symbol)
        if is_silence_real:
            self._core.handle([ReleaseSymbol(symbol)])
            return
        trades = None if self._is_crowded else await self._trades(symbol, next_id, next_id + MOST_BY_ID)
        if trades is None or len(trades) == MOST_BY_ID:
            await self._seams.seed(symbol, Priority.GAP)
        else:
            self._core.handle([MissingTrades(symbol, tuple(trades))])
