"""What is told of contracts beside their trades: taken in from the stream, and asked for in turns where no stream tells it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from klagg_tui.engine.derivatives import DerivativesBook, Liquidation, Told
from klagg_tui.errors import Refused, UnknownSymbol
from klagg_tui.exchange.limits import DerivativeFacts
from klagg_tui.exchange.messages import BesideTrades
from klagg_tui.exchange.venue import Priority
from klagg_tui.metrics import Metric
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.startup import told_lately

log = logging.getLogger(__name__)

_LEAST_PAUSE_S: Final = 0.05
"""Between two questions, however fast the exchange's time goes."""
_MOST_WAITING: Final = 5_000
"""Minutes that wait for a screen before more of what is stored is read."""


class Derivatives:
    """Keeps the book of one exchange's contracts. Where the venue tells nothing of them it does nothing."""

    def __init__(self, context: LiveContext) -> None:
        self._context = context
        self._host = context.host
        self._facts = context.venue.derivatives
        self._turn = 0
        if self._facts:
            context.host.derivatives = DerivativesBook(tells_liquidations=self._facts.tells_liquidations)

    def follow(self) -> None:
        """The engine follows other symbols now."""
        if self._facts:
            self._host.derivatives.follow(self._host.engine.symbols())

    def receive(self, message: BesideTrades) -> None:
        """Take in what the stream tells, under the exchange's own names."""
        name = self._context.naming.name
        self._take(each._replace(symbol=name(each.symbol)) for each in message.told)

    async def work_forever(self) -> None:
        """Show what is stored, then ask for what is to be asked, again and again."""
        if self._facts:
            await self._ask_forever(self._facts)
        await asyncio.Event().wait()

    async def _ask_forever(self, facts: DerivativeFacts) -> None:
        await self._recall()
        while True:
            pause_s = await self._ask_next(facts)
            await asyncio.sleep(pause_s)

    async def _ask_next(self, facts: DerivativeFacts) -> float:
        """Ask about the contracts whose turn it is; returns how many seconds to wait until the next ones."""
        symbols = self._host.engine.symbols()
        at_once = facts.at_once or max(1, len(symbols))
        if self._turn >= len(symbols):
            self._turn = 0
        asked = symbols[self._turn : self._turn + at_once]
        self._turn += at_once  # before the question: one that fails must not be asked for ever
        if asked:
            try:
                self._take(await self._context.market_data.quotes(asked, priority=Priority.QUOTES))
            except (UnknownSymbol, Refused) as error:
                log.info("nothing is told of %s: %s", asked[0], error)
        turns = max(1, -(-len(symbols) // at_once))
        return max(_LEAST_PAUSE_S, facts.every_ms / turns / 1_000 / self._context.market_data.clock.speed)

    async def _recall(self) -> None:
        """Give the screen what was told lately, as far as it cannot be had again: amounts and sums, not prices."""
        book = self._host.derivatives
        async for minutes in told_lately(self._context.store, self._host.now_ms(), self._host.key or None):
            book.recall(minutes)
            while book.waiting > _MOST_WAITING:  # noqa: ASYNC110 - the screen tells nobody when it looks
                await asyncio.sleep(0.2)

    def _take(self, told: Iterable[Told]) -> None:
        ahead_ms = self._host.ahead_ms or 0
        self._host.derivatives.take(map(self._valued, told), self._host.now_ms() + ahead_ms)
        self._host.metrics.set(Metric.CONTRACTS_TOLD, len(self._host.derivatives))

    def _valued(self, told: Told) -> Told:
        """The turnover of contracts on a coin: what one is worth, the listing says."""
        if isinstance(told, Liquidation) and (worth := self._context.contract(told.symbol).value):
            return told._replace(turnover=told.volume * worth)
        return told
