"""Which symbols are followed: chosen at the start, joined by listings and left by delistings while running."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from klagg_tui.engine.events import AddSymbol, RemoveSymbol
from klagg_tui.engine.period import DAY_MS, DEFAULT_THREE_DAY_ANCHOR, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import ExchangeError, Refused
from klagg_tui.exchange.binance.wire import ContractChanged, Instrument
from klagg_tui.exchange.instruments import TRADING, SymbolFilter
from klagg_tui.exchange.transport.budget import Priority
from klagg_tui.runtime.context import Contract, LiveContext
from klagg_tui.storage.symbols import StoredSymbol

log = logging.getLogger(__name__)

RECONCILE_MS: Final = 10 * 60_000
"""How often the whole listing is compared, by the exchange's clock: its messages about contracts may be lost."""
FRESH_MS: Final = 2 * DAY_MS


class SymbolUniverse:
    """Keeps the followed symbols equal to what the choice takes of the listing; `on_change` is given those that joined."""

    def __init__(
        self,
        ground: LiveContext,
        choice: SymbolFilter,
        on_change: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._ground = ground
        self._choice = choice
        self._on_change = on_change
        self._wake = asyncio.Event()
        self._seen_off: set[str] = set()

    async def reconcile(self) -> None:
        """Ask for the listing and follow what it says; raises ExchangeError."""
        found = await self._ground.rest.listings()
        notices = self._ground.core.notices
        unknown = self._choice.unknown(found.listings)
        if unknown:
            notices["symbols"] = f"The exchange lists nothing called {', '.join(unknown)}."
        else:
            notices.pop("symbols", None)
        chosen = self._choice.chosen(found.listings)
        if not chosen:
            notices["symbols"] = "The exchange lists no symbol that was asked for; see --symbols and --quote."
        followed = set(self._ground.core.engine.symbols())
        self._seen_off -= chosen.keys()
        await self._follow([chosen[symbol] for symbol in chosen if symbol not in followed])
        self._leave(tuple(sorted(followed - chosen.keys())))
        await self._note_decimals(chosen)
        await self._see_off({listing.symbol for listing in found.listings if listing.status == TRADING})

    def heard(self, change: ContractChanged) -> None:
        """Something was listed or taken off: a nudge, the listing itself decides."""
        followed = change.symbol in self._ground.core.engine.symbols()
        if followed != (change.status == TRADING):
            log.info("%s is %s now", change.symbol, change.status)
            self._wake.set()

    async def keep_forever(self) -> None:
        """Reconcile when nudged, and every ten minutes of the exchange."""
        last_ms = self._ground.core.now_ms()
        while True:
            is_due = self._ground.core.now_ms() - last_ms >= RECONCILE_MS
            if self._wake.is_set() or is_due:
                self._wake.clear()
                await self._try()
                last_ms = self._ground.core.now_ms()
            await asyncio.sleep(0.2)

    async def _try(self) -> None:
        notices = self._ground.core.notices
        try:
            await self.reconcile()
            notices.pop("listing", None)
        except ExchangeError as error:
            notices["listing"] = f"{error} New listings are followed later."
            self._wake.set()
            await asyncio.sleep(2)

    async def _follow(self, listings: list[Instrument]) -> None:
        if not listings:
            return
        stored = {known.symbol: known for known in await self._ground.store.symbols()}
        for listing in listings:
            anchor = DEFAULT_THREE_DAY_ANCHOR
            if Period.D3 in self._ground.periods:
                known = stored.get(listing.symbol)
                anchor = known.anchor if known else await self._learned_anchor(listing.symbol)
            self._ground.contracts[listing.symbol] = Contract(listing.onboard_ms, anchor)
        await self._ground.store.put_symbols(
            [StoredSymbol(listing.symbol, *self._ground.contracts[listing.symbol]) for listing in listings]
        )
        contracts = self._ground.contracts
        self._ground.core.handle([AddSymbol(listing.symbol, *contracts[listing.symbol]) for listing in listings])
        log.info("following %d more symbols", len(listings))
        self._on_change(tuple(listing.symbol for listing in listings))

    async def _note_decimals(self, chosen: Mapping[str, Instrument]) -> None:
        """How many decimals the exchange writes, for files that are to equal its own; ticks become finer at times."""
        grains = {
            name: Precision(listing.price_decimals, listing.quantity_decimals) for name, listing in chosen.items()
        }
        await self._ground.store.widen_precisions(grains)

    async def _learned_anchor(self, symbol: str) -> int:
        """The day, modulo 3, on which the symbol's three-day bars open: the exchange's own rows tell."""
        try:
            rows = await self._ground.rest.bars(symbol, Period.D3, limit=1, priority=Priority.SEAM)
        except Refused:
            return DEFAULT_THREE_DAY_ANCHOR
        return rows[0].open_ms // DAY_MS % 3 if rows else DEFAULT_THREE_DAY_ANCHOR

    async def _see_off(self, trading: set[str]) -> None:
        """Symbols that stopped trading, perhaps while klagg was not running: their last bars are fetched once more."""
        stored = await self._ground.store.symbols()
        stopped = [known for known in stored if known.symbol not in trading | self._seen_off]
        self._seen_off |= {known.symbol for known in stopped}
        gone = [known for known in stopped if known.active or await self._is_fresh(known.symbol)]
        if gone:
            await self._ground.store.put_symbols([known._replace(active=False) for known in gone])
            self._on_change(tuple(known.symbol for known in gone))

    async def _is_fresh(self, symbol: str) -> bool:
        """Whether its last bar is so young that an earlier run may have ended before its end was fetched."""
        since_ms = self._ground.core.now_ms() - FRESH_MS
        return await self._ground.store.count(symbol, Period.M1, since_ms, self._ground.core.now_ms()) > 0

    def _leave(self, symbols: tuple[str, ...]) -> None:
        if not symbols:
            return
        log.info("no longer followed: %s", ", ".join(symbols))
        self._ground.core.handle([RemoveSymbol(symbol) for symbol in symbols])
        self._on_change(())
