"""Makes the larger bars under way whole, of symbols that run while something before them is missing.

That is so of symbols that began before the exchange could be asked, and of those that stepped over more than a minute. The
engine is asked which they are, so nothing need be remembered; the busiest come first.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Final

from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.errors import KlaggError, Refused
from klagg_tui.runtime.background import together
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.seeder import Seeder

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
AT_ONCE: Final = 4
"""Symbols asked for together."""
RETRY_S: Final = 2.0
_REST_MS: Final = 2 * MINUTE_MS
"""After an answer that did not suffice; twice as long after each further one."""
_LONGEST_REST: Final = 8
"""Doublings: after half a day the bars under way are others."""


class Completer:
    """Fetches what is missing, some symbols at a time."""

    def __init__(self, context: LiveContext, seeder: Seeder) -> None:
        self._context = context
        self._host = context.host
        self._seeder = seeder
        self._tries: Counter[str] = Counter()
        self._not_before_ms: dict[str, int] = {}

    async def work_forever(self) -> None:
        """Look every second, and go on at once as long as something is due."""
        while True:
            due = self._due()[:AT_ONCE]
            try:
                await together(map(self._complete, due))
                self._host.notices.pop("larger", None)
            except KlaggError as error:
                self._host.notices["larger"] = f"{error} Larger bars that began before klagg stay partial until then."
                await asyncio.sleep(RETRY_S)
            if not due:
                await asyncio.sleep(LOOK_S)

    def _due(self) -> list[str]:
        """Symbols whose first whole minute has begun, so that one answer brings all before it for good."""
        lacking = self._host.engine.incomplete()
        for symbol in self._tries.keys() - lacking.keys():
            del self._tries[symbol], self._not_before_ms[symbol]
        self._context.completing.clear()
        self._context.completing.update(lacking.keys() - self._tries.keys())
        now_ms, settled_ms = self._context.now_ms(), self._context.settled_ms()
        return [
            symbol
            for symbol, from_ms in lacking.items()
            if from_ms + MINUTE_MS <= settled_ms and self._not_before_ms.get(symbol, 0) <= now_ms
        ]

    async def _complete(self, symbol: str) -> None:
        try:
            await self._seeder.complete(symbol)
        except Refused as error:
            log.info("%s: %s", symbol, error)
        # Where it was not enough (the exchange has no more, or not yet) it is asked for again, ever later.
        rest_ms = _REST_MS << min(self._tries[symbol], _LONGEST_REST)
        self._not_before_ms[symbol] = self._context.now_ms() + rest_ms
        self._tries[symbol] += 1
