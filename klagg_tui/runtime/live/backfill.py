"""History: the bars from before klagg was started, newest first, as far back as was asked for.

Shorter periods come first: minutes are what larger bars are checked by, and what is looked at. That goes for symbols that come
later too: their minutes wait for no longer bars of those that were there before them.

What is there already is counted in the store, so an interrupted back-fill resumes where it stopped, and nothing is fetched
twice. What a pause of klagg left out further back is owed: see `debts`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.errors import ExchangeError, Refused
from klagg_tui.exchange.requests import BarsWanted, pages
from klagg_tui.exchange.venue import Priority
from klagg_tui.feed import Progress
from klagg_tui.runtime.live.context import LiveContext

log = logging.getLogger(__name__)

RETRY_S: Final = 5.0


class Backfill:
    """Back-fills `depth` bars of every symbol and period, but none that is older than `keep` says, in milliseconds."""

    def __init__(self, context: LiveContext, depth: int, keep: Mapping[Period, int] | None = None) -> None:
        self._context = context
        self._host = context.host
        self._store = context.store
        self._market_data = context.market_data
        self._depth = depth
        self._keep = keep or {}
        self._page_rows = context.venue.requests.best_bars
        self._wanted: list[tuple[str, Period]] = []
        self._done = 0

    @property
    def progress(self) -> Progress | None:
        """Symbols and periods that are done; None when all are."""
        return Progress("history", self._done, self._done + len(self._wanted)) if self._wanted else None

    def want(self, symbols: Sequence[str]) -> None:
        """Back-fill these symbols too."""
        self._wanted += [(symbol, period) for period in self._context.fetched_periods for symbol in symbols]
        self._wanted.sort(key=_period)

    async def work_forever(self) -> None:
        """Take one symbol and period after another, as the budget allows."""
        while True:
            if not self._wanted:
                await asyncio.sleep(1)
                continue
            symbol, period = self._wanted[0]
            try:
                await self._fill(symbol, period)
            except Refused as error:
                log.info("history of %s %s: %s", symbol, period, error)
            except ExchangeError as error:
                self._host.notices["history"] = f"{error} History is fetched later."
                await asyncio.sleep(RETRY_S)
                continue
            self._host.notices.pop("history", None)
            self._wanted.remove((symbol, period))
            self._done += 1
            if all(wanted is not period for _, wanted in self._wanted):
                self._host.stale_closes.append(period)

    async def _fill(self, symbol: str, period: Period) -> None:
        """Fetch what the store lacks of one symbol and period."""
        listed_ms, anchor, _ = self._context.contract(symbol)
        end_ms = period.open_ms(self._context.settled_ms(), anchor)
        earliest_ms = max(period.open_ms(listed_ms, anchor), self._context.kept_ms(symbol, period, self._keep))
        earliest_ms = max(earliest_ms, self._context.reach_ms(period))
        oldest_ms = max(end_ms - self._depth * period.nominal_ms, earliest_ms)
        for page in pages(period, oldest_ms, end_ms, self._page_rows):
            await self._fill_page(symbol, page)

    async def _fill_page(self, symbol: str, page: BarsWanted) -> None:
        period, start_ms, last_ms, rows = page
        wanted = round((last_ms + 1 - start_ms) / period.nominal_ms)
        if await self._store.count(symbol, period, start_ms, last_ms + 1) < wanted:
            limit = min(rows, wanted)
            bars = await self._market_data.bars(
                symbol, period, start_ms, last_ms, limit=limit, priority=Priority.HISTORY
            )
            settled_ms = self._context.settled_ms()
            await self._context.store.add_confirmed([bar for bar in bars if bar.end_ms <= settled_ms])


def _period(wanted: tuple[str, Period]) -> Period:
    return wanted[1]
