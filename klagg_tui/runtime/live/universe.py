"""Which symbols are followed: chosen at the start, joined by listings and left by delistings while running."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Final

from klagg_tui.engine.events import RemoveSymbol
from klagg_tui.engine.period import DAY_MS, DEFAULT_THREE_DAY_ANCHOR, MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import ExchangeError, Refused
from klagg_tui.exchange.instruments import SymbolFilter, nothing_called
from klagg_tui.exchange.listing import Instrument, Instruments
from klagg_tui.exchange.messages import ContractChanged
from klagg_tui.exchange.venue import Priority
from klagg_tui.feed import InstrumentFacts
from klagg_tui.runtime.live.context import Contract, LiveContext, contract_value
from klagg_tui.storage.symbols import Pair, Standing, StoredSymbol

log = logging.getLogger(__name__)

RECONCILE_MS: Final = 10 * 60_000
"""How often the whole listing is compared, by the exchange's clock: its messages about contracts may be lost."""


class SymbolUniverse:
    """Keeps the followed symbols equal to what the filter takes of the listing; `on_change` is called with those that joined."""

    def __init__(
        self,
        context: LiveContext,
        choice: SymbolFilter,
        on_change: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._context = context
        self._choice = choice
        self._on_change = on_change
        self._wake = asyncio.Event()

    async def reconcile(self) -> None:
        """Ask for the listing and follow what is to be followed of it; raises ExchangeError.

        What could not be read of it takes no symbol off.
        """
        listed = await self._context.market_data.instruments()
        chosen = self._choice.chosen(listed.instruments)
        self._note_choice(listed, has_any=bool(chosen))
        self._note_unread(listed)
        self._unfollow(self._renamed(chosen))
        self._note_halted(listed, chosen)
        self._note_other_types(listed)
        followed = set(self._context.host.engine.symbols())
        await self._follow([chosen[symbol] for symbol in chosen if symbol not in followed])
        self._unfollow(tuple(sorted(followed - chosen.keys() - listed.unproven(followed))))
        await self._note_decimals(chosen)
        await self._note_pairs(chosen)
        await self._note_standings(listed, chosen.keys())

    def _renamed(self, chosen: Mapping[str, Instrument]) -> tuple[str, ...]:
        """Followed symbols whose name another contract has by now: it was listed later, and our newest trade is older."""
        engine, contract = self._context.host.engine, self._context.contract
        return tuple(
            symbol
            for symbol in engine.symbols()
            if symbol in chosen
            and 0 < contract(symbol).listed_ms < chosen[symbol].listed_ms <= self._context.now_ms()
            and engine.traded_ms(symbol) < chosen[symbol].listed_ms
        )

    def contract_changed(self, change: ContractChanged) -> None:
        """A contract was listed, halted or taken off: look at the listing, which decides, soon."""
        host = self._context.host
        is_known_to_trade = change.symbol in host.engine.symbols() and change.symbol not in host.halted
        if is_known_to_trade != change.is_trading:
            log.info("%s is %s now", change.symbol, "trading" if change.is_trading else "not trading")
            self._wake.set()

    async def keep_forever(self) -> None:
        """Reconcile when nudged, and every ten minutes of the exchange."""
        last_ms = self._context.host.now_ms()
        while True:
            is_due = self._context.host.now_ms() - last_ms >= RECONCILE_MS
            if self._wake.is_set() or is_due:
                self._wake.clear()
                await self._try()
                last_ms = self._context.host.now_ms()
            await asyncio.sleep(0.2)

    async def _try(self) -> None:
        notices = self._context.host.notices
        try:
            await self.reconcile()
            notices.pop("listing", None)
        except ExchangeError as error:
            notices["listing"] = f"{error} New listings are followed later."
            self._wake.set()
            await asyncio.sleep(2)

    def _note_choice(self, listed: Instruments, *, has_any: bool) -> None:
        """What was asked for and is not there."""
        host, own = self._context.host, self._context.naming.symbol
        symbols = {own(name) for name in (*(one.symbol for one in listed.instruments), *listed.unread.symbols)}
        host.asked = self._choice.patterns
        host.unmatched = self._choice.unknown_with_hints(symbols)
        if self._choice.takes_none:
            host.notices["symbols"] = (
                "All symbols that were asked for are of other exchanges; see --symbols and --venue."
            )
        elif host.unmatched and not host.key:
            host.notices["symbols"] = nothing_called(host.unmatched)
        elif host.unmatched or has_any:  # where several are watched, each pattern need fit only one of them
            host.notices.pop("symbols", None)
        else:
            host.notices["symbols"] = "The exchange lists no symbol that was asked for; see --symbols and --quote."

    def _note_halted(self, listed: Instruments, chosen: Mapping[str, Instrument]) -> None:
        """Whose trading rests: they stay followed, and are shown as that."""
        host = self._context.host
        halted = {symbol for symbol, instrument in chosen.items() if instrument.is_halted}
        halted |= listed.unproven(host.halted)
        for symbol in sorted(halted ^ host.halted):
            log.info("%s is %s", symbol, "halted" if symbol in halted else "halted no more")
        host.halted = frozenset(halted)

    def _note_other_types(self, listed: Instruments) -> None:
        """What is listed besides, and how to choose it."""
        others = self._choice.other_types(listed.instruments)
        counts = ", ".join(f"{count:,} {kind}" for kind, count in others.items())
        types = ",".join(dict.fromkeys([*self._choice.contract_types, *others]))
        self._context.host.not_chosen = (
            f"Not chosen: {counts}. --contract-types {types} follows them too." if others else ""
        )
        self._context.host.others = tuple(one.symbol for one in self._choice.others(listed.instruments))

    def _note_unread(self, listed: Instruments) -> None:
        unread = listed.unread
        if not unread.entries:
            self._context.host.notices.pop("unread", None)
            return
        self._context.host.notices["unread"] = (
            f"{unread.entries} of {listed.entries} entries in the exchange's listing cannot be read ({unread.reason}): "
            "their symbols stay as they were."
        )

    async def _follow(self, instruments: list[Instrument]) -> None:
        if not instruments:
            return
        anchors = await self._anchors_of([instrument.symbol for instrument in instruments])
        for instrument in instruments:
            anchor = anchors.get(instrument.symbol, DEFAULT_THREE_DAY_ANCHOR)
            value = contract_value(instrument.contract_value)
            self._context.contracts[instrument.symbol] = Contract(self._listed_ms(instrument), anchor, value)
        await self._context.store.put_symbols(
            [
                StoredSymbol(
                    instrument.symbol,
                    *self._context.contracts[instrument.symbol][:2],
                    active=True,
                    standing=Standing.FOLLOWED,
                )
                for instrument in instruments
            ]
        )
        self._context.host.learn({instrument.symbol: self._facts(instrument) for instrument in instruments})
        self._context.host.handle([self._context.added(instrument.symbol) for instrument in instruments])
        log.info("following %d more symbols", len(instruments))
        self._on_change(tuple(instrument.symbol for instrument in instruments))

    def _facts(self, instrument: Instrument) -> InstrumentFacts:
        """What the screen is told of a contract."""
        venue = self._context.venue
        is_inverse = bool(instrument.contract_value)
        return InstrumentFacts(
            self._context.host.key or venue.key,
            venue.name,
            self._context.naming.symbol(instrument.symbol),
            instrument.base,
            instrument.quote,
            is_inverse=is_inverse,
            tells_derivatives=venue.derivatives is not None,
            listed_ms=self._listed_ms(instrument),
        )

    def _listed_ms(self, instrument: Instrument) -> int:
        """When it was listed. It is traded now, so a time to come is damage: nothing before it would count as missing."""
        return instrument.listed_ms if instrument.listed_ms <= self._context.now_ms() + MINUTE_MS else 0

    async def _note_decimals(self, chosen: Mapping[str, Instrument]) -> None:
        """How many decimals the exchange writes, for files that are to equal its own; ticks become finer at times."""
        grains = {
            name: Precision(instrument.price_decimals, instrument.quantity_decimals)
            for name, instrument in chosen.items()
        }
        await self._context.store.widen_precisions(grains)

    async def _note_pairs(self, chosen: Mapping[str, Instrument]) -> None:
        """What they are, to be shown and filtered by also where the exchange cannot be asked."""
        pairs = {name: Pair(one.base, one.quote, bool(one.contract_value)) for name, one in chosen.items()}
        await self._context.store.learn_pairs(pairs)

    async def _anchors_of(self, symbols: Collection[str]) -> dict[str, int]:
        """On which days three-day bars open, as the exchange's own rows showed it, now or earlier, or else as is supposed."""
        store = self._context.store
        shown = await store.anchors()
        if Period.D3 in self._context.fetched_periods:
            asked = {symbol: await self._asked_anchor(symbol) for symbol in symbols if symbol not in shown}
            learned = {symbol: anchor for symbol, anchor in asked.items() if anchor is not None}
            await store.learn_anchors(learned)
            shown |= learned
        return {known.symbol: known.anchor for known in await self._context.stored_symbols()} | shown

    async def _asked_anchor(self, symbol: str) -> int | None:
        """The day, modulo 3, on which the symbol's three-day bars open: the exchange's own rows show it."""
        try:
            rows = await self._context.market_data.bars(symbol, Period.D3, limit=1, priority=Priority.SEED)
        except Refused:
            return None
        return rows[0].open_ms // DAY_MS % 3 if rows else None

    async def _note_standings(self, listed: Instruments, chosen: Collection[str]) -> None:
        """Which stored symbols are traded, and which are wanted. Of those that left, all bars up to their end are owed."""
        context = self._context
        stored = await context.stored_symbols()
        unproven = listed.unproven(known.symbol for known in stored)
        trading = {instrument.symbol for instrument in listed.instruments if instrument.is_followable} | unproven
        listed_ms = {instrument.symbol: instrument.listed_ms for instrument in listed.instruments}
        now = [_standing_now(known, chosen, trading, unproven, listed_ms.get(known.symbol, 0)) for known in stored]
        left = {known.symbol for known in now if known.standing is Standing.FOLLOWED and not known.active}
        for symbol in context.left_ms.keys() - left:
            del context.left_ms[symbol]
        for symbol in left:
            context.left_ms.setdefault(symbol, context.now_ms())
        if changed := sorted(set(now) - set(stored)):
            await context.store.put_symbols(changed)
            self._on_change(())

    def _unfollow(self, symbols: tuple[str, ...]) -> None:
        if not symbols:
            return
        log.info("no longer followed: %s", ", ".join(symbols))
        self._context.host.handle([RemoveSymbol(symbol) for symbol in symbols])
        self._on_change(())


def _standing_now(
    known: StoredSymbol, chosen: Collection[str], trading: Collection[str], unproven: Collection[str], listed_ms: int
) -> StoredSymbol:
    """What klagg has to do with a stored symbol from now on."""
    now = known._replace(active=known.symbol in trading)
    if known.symbol in chosen:
        return now._replace(standing=Standing.FOLLOWED)
    if known.standing is Standing.FOLLOWED and now.active and known.symbol not in unproven:
        return now._replace(standing=Standing.LEFT_ALONE)
    if known.standing is Standing.GONE and not now.active and listed_ms > known.first_open_ms:
        # Its name was given to another contract, which came and went while klagg was off.
        return now._replace(standing=Standing.FOLLOWED, first_open_ms=listed_ms)
    return now
