"""Stored history for the figures in use, read in the background: no frame waits for it."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from klagg_tui.engine.columns import no_columns
from klagg_tui.errors import KlaggError
from klagg_tui.screens.app_state import BEATS_A_SECOND, AppState
from klagg_tui.view.screener.screener import Need
from klagg_tui.view.screener.wanted import Wanted

log = logging.getLogger(__name__)

GATHER_BEATS: Final = BEATS_A_SECOND
"""Between two looks at what is wanted: news of the store comes page by page, and is read again once for some of them."""
RETRY_BEATS: Final = 10 * BEATS_A_SECOND
"""After history could not be read."""


class HistoryReader:
    """Reads what the figures of the live market want, what is on view first."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._wanted = Wanted(state.live.screener)
        self._wait = 0
        self._is_reading = False

    def beat(self) -> bool:
        """A beat went by; whether `read` is to be run now."""
        if self._wanted.screener is not self._state.live.screener:
            self._wanted = Wanted(self._state.live.screener)
        self._wait = max(0, self._wait - 1)
        if self._wait or self._is_reading or not self._wanted.gather():
            return False
        self._wait = GATHER_BEATS
        self._is_reading = True
        return True

    async def read(self) -> None:
        """Read until nothing is wanted any more."""
        state, wanted = self._state, self._wanted
        try:
            while needs := wanted.next(state.visible, state.urgent_calls):
                try:
                    await self._read(needs)
                except KlaggError as error:
                    log.warning("history for figures cannot be read: %s", error)
                    wanted.put_back(needs)
                    self._wait = RETRY_BEATS
                    return
        finally:
            self._is_reading = False

    async def _read(self, needs: list[Need]) -> None:
        """Read the same bars of some symbols, and take them in one by one: a key between two of them waits for one only."""
        first, live = needs[0], self._state.live
        found = await self._state.feed.columns(
            [need.symbol for need in needs],
            first.period,
            first.from_ms,
            first.fields,
            to_ms=first.to_ms if first.is_anew else None,
        )
        for need in needs:
            if live.seed(need, found.get(need.symbol) or no_columns()):
                self._state.seeded.add(need.symbol)
            await asyncio.sleep(0)
