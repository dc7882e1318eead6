"""The last trades of the symbol whose tape somebody opened: asked for once, so that also a quiet one shows some.

They are for looking. The engine never sees them, so no bar counts one twice.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from klagg_tui.errors import BadFrame, BadNumber, ExchangeError
from klagg_tui.exchange.venue import Priority
from klagg_tui.names import parted
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.tape import Tape

log = logging.getLogger(__name__)

LOOK_S: Final = 0.1
"""Between two looks at which tape is open. Who goes through symbols faster passes over some that nobody is asked for."""


class LastTrades:
    """Fills the tapes of one exchange's symbols from behind."""

    def __init__(self, context: LiveContext) -> None:
        self._context = context
        self._tapes = context.host.tapes
        self._noticed: dict[Tape, int] = {}
        """The newest opening of each tape that was seen."""
        self._asked: dict[Tape, int] = {}
        """And the one that somebody was asked for."""

    async def work_forever(self) -> None:
        """Look which tapes are open, and ask for what was traded before, once; who looks at one waits for no other."""
        async with asyncio.TaskGroup() as asking:
            while True:
                for tape in self._tapes:
                    self._look(tape, asking)
                for seen in (self._noticed, self._asked):
                    for gone in seen.keys() - set(self._tapes):
                        del seen[gone]
                await asyncio.sleep(LOOK_S)

    def _look(self, tape: Tape, asking: asyncio.TaskGroup) -> None:
        symbol, opening = tape.symbol, tape.openings
        is_ours = symbol is not None and (not self._context.host.key or parted(symbol).venue == self._context.host.key)
        if symbol is not None and is_ours and self._noticed.get(tape) == opening != self._asked.get(tape):
            self._asked[tape] = opening
            asking.create_task(self._ask(tape, symbol))
        self._noticed[tape] = opening

    async def _ask(self, tape: Tape, symbol: str) -> None:
        """Ask, until the answer comes or nobody looks any more."""
        opening = tape.openings
        # It is on the screen, and one request: it waits for nobody's history.
        asking = asyncio.ensure_future(self._context.market_data.recent_trades(symbol, priority=Priority.SEED))
        try:
            while not asking.done() and self._is_open(tape, opening):
                await asyncio.wait([asking], timeout=LOOK_S)
            if asking.done() and self._is_open(tape, opening):
                tape.recall(asking.result())
        except (ExchangeError, BadFrame, BadNumber) as error:  # nothing is lost: the next trade is shown all the same
            log.info("the last trades of %s: %s", symbol, error)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def _is_open(self, tape: Tape, opening: int) -> bool:
        return tape.openings == opening and tape in self._tapes
