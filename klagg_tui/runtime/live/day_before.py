"""The last 24 hours of every symbol as the exchange tells them: at the start, until klagg's own minutes cover the day."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.errors import ExchangeError
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.live.context import LiveContext

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
AGAIN_MS: Final = 10 * MINUTE_MS
"""Between two questions, by the exchange's clock: the hours move on, and symbols come."""
RETRY_MS: Final = MINUTE_MS
"""The same after one that brought nothing."""


class DayBefore:
    """Asks for the tickers of 24 hours: the first time with the beginnings of symbols, for it is one request, then behind everything else."""

    def __init__(self, context: LiveContext) -> None:
        self._context = context
        self._due_ms = 0
        self._priority = Priority.SEED

    async def work_forever(self) -> None:
        """Ask once there are symbols, and again every few minutes."""
        while True:
            if self._context.now_ms() >= self._due_ms and self._context.host.engine.symbols():
                self._due_ms = self._context.now_ms() + (AGAIN_MS if await self._ask() else RETRY_MS)
            await asyncio.sleep(LOOK_S)

    async def _ask(self) -> bool:
        try:
            told = await self._context.market_data.tickers(self._priority)
        except ExchangeError as error:  # nothing is lost: the day is made of minutes in the end
            log.info("tickers of 24 hours: %s", error)
            return False
        host = self._context.host
        followed = host.engine.symbols()
        known = {symbol: told[symbol] for symbol in followed if symbol in told}
        log.info("tickers of 24 hours came of %d of %d symbols", len(known), len(followed))
        host.tell_tickers(known)
        self._priority = Priority.HISTORY
        return True
