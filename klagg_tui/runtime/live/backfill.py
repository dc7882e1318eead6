"""History: the bars from before klagg was started, newest first, as far back as was asked for.

What is looked at comes first (see `runtime.look`), then of everything the newest page, short periods before long ones, then the
pages before. A symbol that comes later waits for no older or longer bars of those that were there before it.

What the exchange refuses is asked for again, ever later, as long as its symbol is followed: a refusal may be an error of an hour,
or of a listing that is known to some of its machines only.

What is there already is counted in the store, so an interrupted back-fill resumes where it stopped, and nothing is fetched
twice. What a pause of klagg left out further back is owed: see `debts`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from klagg_tui.engine.bar import SeriesKey
from klagg_tui.engine.period import Period
from klagg_tui.errors import ExchangeError, Refused
from klagg_tui.exchange.requests import BarsWanted, pages
from klagg_tui.exchange.venue import Priority
from klagg_tui.feed import Progress
from klagg_tui.runtime.live.context import LiveContext

log = logging.getLogger(__name__)

RETRY_S: Final = 5.0
LOOK_S: Final = 0.2
"""Between two looks at what somebody looks at."""
AT_ONCE: Final = 8
"""Pages asked for together."""
REST_MS: Final = 60_000
"""After a refusal, by the exchange's clock; twice as long after each further one."""
_LONGEST_REST: Final = 7
"""Doublings: two hours."""
LATER_AT_ONCE: Final = 6
"""Of them, of what is not on the screen: these may all wait for the exchange's next minute."""


@dataclass(slots=True)
class _Fill:
    """One symbol and period to be filled."""

    series: SeriesKey
    order: int
    pages: list[BarsWanted] | None = None
    """What is left to be asked for, newest first; None before its first turn."""
    filled: int = 0
    """Pages that are there."""
    left: int = 0
    """Pages that are not, as far as could be told when it was wanted."""
    is_busy: bool = False
    refusals: int = 0
    """In a row."""

    @property
    def turn(self) -> tuple[int, int, int]:
        """The smaller the sooner."""
        return self.filled, self.series[1].ordinal, self.order


class Backfill:
    """Back-fills `depth` bars of every symbol and period, but none that is older than `keep` says, in milliseconds.

    Of minutes it may be more: `minutes` of them at the least.
    """

    def __init__(
        self, context: LiveContext, depth: int, keep: Mapping[Period, int] | None = None, *, minutes: int = 0
    ) -> None:
        self._context = context
        self._host = context.host
        self._store = context.store
        self._market_data = context.market_data
        self._depth, self._minutes = depth, max(depth, minutes)
        self._keep = keep or {}
        self._page_rows = context.venue.requests.best_bars
        self._wanted: dict[SeriesKey, _Fill] = {}
        self._turns: list[tuple[tuple[int, int, int], SeriesKey]] = []
        """A heap; what was taken out of turn is in it still."""
        self._running: dict[asyncio.Task[None], bool] = {}
        """Pages under way, and whether they are of what is not on the screen."""
        self._resting: dict[SeriesKey, tuple[int, _Fill]] = {}
        """What was refused, and from when on it is wanted again."""
        self._ordered = 0
        self._done = self._total = 0
        """Pages."""

    @property
    def progress(self) -> Progress | None:
        """Pages that are there; None when all are, but for what is refused."""
        return Progress("history", self._done, self._total) if self._wanted else None

    def want(self, symbols: Sequence[str]) -> None:
        """Back-fill these symbols too."""
        for series in ((symbol, period) for period in self._context.fetched_periods for symbol in symbols):
            known = self._wanted.get(series)
            # What has begun is begun anew: its symbol was listed again, perhaps, and what was asked before is refused.
            if known is None or known.pages is not None:
                self._ordered += 1
                _, known = self._resting.pop(series, (0, known))
                fill = self._wanted[series] = _Fill(series, self._ordered, left=max(1, len(self._pages(*series))))
                self._total += fill.left - (known.left if known is not None else 0)
                self._context.filling.add(series)
                self._queue(fill)

    async def work_forever(self) -> None:
        """Take one page after another, some at once, as the budget allows."""
        try:
            while True:
                self._begin()
                if not self._running:
                    await asyncio.sleep(LOOK_S)
                    continue
                done, _ = await asyncio.wait(self._running, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                await self._settle(done)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            self._running.clear()

    def _begin(self) -> None:
        """Begin with as many pages as may be asked for together."""
        self._end_rests()
        while len(self._running) < AT_ONCE and (found := self._next()):
            fill, is_first = found
            fill.is_busy = True
            self._running[asyncio.ensure_future(self._step(fill, is_first=is_first))] = not is_first

    def _end_rests(self) -> None:
        """What was refused long enough ago is wanted again."""
        now_ms = self._context.now_ms()
        for series in [series for series, (until_ms, _) in self._resting.items() if until_ms <= now_ms]:
            _, fill = self._resting.pop(series)
            self._wanted[series] = fill
            self._queue(fill)

    def _rest(self, fill: _Fill) -> None:
        """It was refused."""
        if fill.series[0] not in self._host.engine.symbols():
            fill.pages = []  # wanted again where it is listed again
        elif self._wanted.get(fill.series) is fill:
            del self._wanted[fill.series]
            rest_ms = REST_MS << min(fill.refusals, _LONGEST_REST)
            self._resting[fill.series] = self._context.now_ms() + rest_ms, fill
            fill.refusals += 1

    async def _settle(self, done: set[asyncio.Task[None]]) -> None:
        failure: ExchangeError | None = None
        for task in done:
            del self._running[task]
            try:
                task.result()
            except ExchangeError as error:
                failure = error
        if failure is not None:
            self._host.notices["history"] = f"{failure} History is fetched later."
            await asyncio.sleep(RETRY_S)
        elif done:
            self._host.notices.pop("history", None)

    def _next(self) -> tuple[_Fill, bool] | None:
        """What comes next, and whether it is the first that is seen of what is on the screen."""
        has_room = sum(self._running.values()) < LATER_AT_ONCE
        for series, is_on_screen in self._host.look.series(self._context.fetched_periods):
            fill = self._wanted.get(series)
            if fill is not None and not fill.is_busy:
                is_first = is_on_screen and not fill.filled
                if is_first or has_room:
                    return fill, is_first
        if not has_room:
            return None
        while self._turns:
            turn, series = heappop(self._turns)
            fill = self._wanted.get(series)
            if fill is not None and not fill.is_busy and fill.turn == turn:
                return fill, False
        return None

    def _queue(self, fill: _Fill) -> None:
        heappush(self._turns, (fill.turn, fill.series))

    async def _step(self, fill: _Fill, *, is_first: bool) -> None:
        """Fetch what the store lacks of the next page of one symbol and period."""
        # What is on the screen waits for no symbol's beginning; it is a few pages.
        priority = Priority.SEED if is_first else Priority.HISTORY
        try:
            if fill.pages is None:
                fill.pages = self._pages(*fill.series)
            if fill.pages:
                await self._fill_page(fill.series[0], fill.pages[0], priority)
                del fill.pages[0]
                fill.filled += 1
                self._count(fill, 1)
                fill.refusals = 0
            self._context.filling.discard(fill.series)
        except Refused as error:
            log.info("history of %s %s: %s", *fill.series, error)
            self._context.filling.discard(fill.series)
            self._rest(fill)
        finally:
            fill.is_busy = False
            self._queue(fill)
        if not fill.pages and self._wanted.get(fill.series) is fill:
            del self._wanted[fill.series]
            self._count(fill, fill.left)

    def _count(self, fill: _Fill, pages: int) -> None:
        """So many more of its pages are done; of what was ordered anew meanwhile none is counted."""
        counted = min(pages, fill.left)
        if self._wanted.get(fill.series, fill) is fill:
            fill.left -= counted
            self._done += counted

    def _pages(self, symbol: str, period: Period) -> list[BarsWanted]:
        """What is to be there of one symbol and period, newest first."""
        listed_ms, anchor, _ = self._context.contract(symbol)
        end_ms = period.open_ms(self._context.settled_ms(), anchor)
        earliest_ms = max(period.open_ms(listed_ms, anchor), self._context.kept_ms(symbol, period, self._keep))
        earliest_ms = max(earliest_ms, self._context.reach_ms(period))
        depth = self._minutes if period is Period.M1 else self._depth
        oldest_ms = max(end_ms - depth * period.nominal_ms, earliest_ms)
        return list(pages(period, oldest_ms, end_ms, self._page_rows))

    async def _fill_page(self, symbol: str, page: BarsWanted, priority: Priority) -> None:
        period, start_ms, last_ms, rows = page
        wanted = round((last_ms + 1 - start_ms) / period.nominal_ms)
        if await self._store.count(symbol, period, start_ms, last_ms + 1) < wanted:
            limit = min(rows, wanted)
            bars = await self._market_data.bars(symbol, period, start_ms, last_ms, limit=limit, priority=priority)
            settled_ms = self._context.settled_ms()
            await self._context.store.add_confirmed([bar for bar in bars if bar.end_ms <= settled_ms])
