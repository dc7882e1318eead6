"""The last trades of the symbol whose tape somebody opened: asked for once, so that also a quiet one shows some.

They are for looking. The engine never sees them, so no bar counts one twice.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from klagg_tui.errors import ExchangeError
from klagg_tui.exchange.venue import Priority
from klagg_tui.names import parted
from klagg_tui.runtime.live.context import LiveContext

log = logging.getLogger(__name__)

LOOK_S: Final = 0.1
"""Between two looks at which tape is open. Who goes through symbols faster passes over some that nobody is asked for."""


class LastTrades:
    """Fills the tape of one exchange's symbols from behind."""

    def __init__(self, context: LiveContext) -> None:
        self._context = context
        self._tape = context.host.tape
        self._noticed = self._asked = 0
        """Openings of the tape: the newest that was seen, and that somebody was asked for."""

    async def work_forever(self) -> None:
        """Look which tape is open, and ask for what was traded before, once."""
        while True:
            symbol, opening = self._tape.symbol, self._tape.openings
            is_ours = symbol is not None and (
                not self._context.host.key or parted(symbol).venue == self._context.host.key
            )
            if symbol is not None and is_ours and self._noticed == opening != self._asked:
                self._asked = opening
                await self._ask(symbol)
            self._noticed = opening
            await asyncio.sleep(LOOK_S)

    async def _ask(self, symbol: str) -> None:
        """Ask, until the answer comes or nobody looks any more."""
        opening = self._tape.openings
        # It is on the screen, and one request: it waits for nobody's history.
        asking = asyncio.ensure_future(self._context.market_data.recent_trades(symbol, priority=Priority.SEED))
        try:
            while not asking.done() and self._tape.openings == opening:
                await asyncio.wait([asking], timeout=LOOK_S)
            if asking.done() and self._tape.openings == opening:
                self._tape.recall(asking.result())
        except ExchangeError as error:  # nothing is lost: the next trade is shown all the same
            log.info("the last trades of %s: %s", symbol, error)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
