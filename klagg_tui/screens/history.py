"""Stored history for the figures in use, read in the background: no frame waits for it."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from klagg_tui.engine.columns import no_columns
from klagg_tui.errors import KlaggError
from klagg_tui.screens.app_state import BEATS_A_SECOND, AppState
from klagg_tui.view.model import Market
from klagg_tui.view.screener.screener import Need
from klagg_tui.view.screener.wanted import Wanted

log = logging.getLogger(__name__)

GATHER_BEATS: Final = BEATS_A_SECOND
"""Between two looks at what is wanted: news of the store comes page by page, and is read again once for some of them."""
NOTHING_STORED: Final = "Nothing is stored of the time before the picture stood still: figures that are chosen now have no value until it goes on."
RETRY_BEATS: Final = 10 * BEATS_A_SECOND
"""After history could not be read."""


class HistoryReader:
    """Reads what the figures of one market want, what is on view first."""

    def __init__(self, state: AppState, market: Market) -> None:
        self.market = market
        self._state = state
        self._wanted = Wanted(market.screener)
        self.is_over = False
        """Whether nobody looks at that market any more."""
        self._wait = 0
        self._is_reading = False

    def beat(self) -> bool:
        """A beat went by; whether `read` is to be run now."""
        self._wait = max(0, self._wait - 1)
        if self._wait or self._is_reading or not self._wanted.gather():
            return False
        self._wait = GATHER_BEATS
        self._is_reading = True
        return True

    async def read(self) -> None:
        """Read until nothing is wanted any more."""
        state, wanted, found_any = self._state, self._wanted, False
        try:
            while needs := wanted.next(state.visible, state.urgent_calls):
                try:
                    found_any |= await self._read(needs)
                except KlaggError as error:
                    log.warning("history for figures cannot be read: %s", error)
                    wanted.put_back(needs)
                    self._wait = RETRY_BEATS
                    return
                if self.is_over:
                    return
        finally:
            self._is_reading = False
        if not found_any and self.market is not state.live:
            state.unread.append(NOTHING_STORED)

    async def _read(self, needs: list[Need]) -> bool:
        """Read the same bars of some symbols, and take them in one by one: a key between two of them waits for one only.

        Whether there were any.
        """
        first, market, state = needs[0], self.market, self._state
        found = await state.feed.columns(
            [need.symbol for need in needs],
            first.period,
            first.from_ms,
            first.fields,
            to_ms=first.to_ms if first.is_anew else None,
        )
        for need in needs:
            if market.seed(need, found.get(need.symbol) or no_columns()):
                self._note_news(need.symbol)
            await asyncio.sleep(0)
        return bool(found)

    def _note_news(self, symbol: str) -> None:
        still = self._state.still
        if self.market is self._state.live:
            self._state.seeded.add(symbol)
        elif still is not None and still.market is self.market:
            still.news.add(symbol)


class HistoryReaders:
    """Those of the live market, and of the one that stands still while the screen is frozen."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._readers: list[HistoryReader] = []

    def beat(self) -> list[HistoryReader]:
        """A beat went by; the readers whose `read` is to be run now."""
        state = self._state
        markets = [state.live] if state.still is None else [state.still.market, state.live]
        before, self._readers = self._readers, []
        for market in markets:
            found = next((reader for reader in before if reader.market is market), None)
            self._readers.append(HistoryReader(state, market) if found is None else found)
        for reader in before:
            reader.is_over = reader not in self._readers
        return [reader for reader in self._readers if reader.beat()]
