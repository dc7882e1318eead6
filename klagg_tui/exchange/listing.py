"""What an exchange lists, as immutable values, and what such a list proves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple


class Instrument(NamedTuple):
    """One contract that the exchange lists."""

    symbol: str
    quote: str
    contract_type: str
    """In the exchange's own terms, such as PERPETUAL."""
    is_trading: bool
    price_decimals: int
    quantity_decimals: int
    """As the exchange writes them, closing zeros included; the steps may be coarser."""
    listed_ms: int
    """When trading began, 0 where unknown; exchanges have been wrong about it."""
    is_halted: bool = False
    """Whether trading rests, and is to go on: its minutes are quiet meanwhile."""
    base: str = ""
    """The coin that is traded, as the listing says; never cut from the symbol."""
    contract_value: str = ""
    """What one contract is worth in the quote, as the exchange writes it, where that is the same at every price (an inverse
    contract): its volume is counted in contracts, its turnover is contracts x this. Empty: volume is in the base."""

    @property
    def is_followable(self) -> bool:
        """Whether it is traded, or will be again; a contract that is settled or not yet traded is neither."""
        return self.is_trading or self.is_halted


class Unread(NamedTuple):
    """Entries of a listing that could not be understood. They prove nothing about their symbols."""

    entries: int = 0
    symbols: frozenset[str] = frozenset()
    """Of those whose symbol at least could be read."""
    reason: str = ""
    """What was wrong with the first."""

    @property
    def nameless(self) -> int:
        """Entries that may be of any symbol."""
        return self.entries - len(self.symbols)


_MUCH: Final = 10
"""Where more than one entry in so many cannot be read, the listing has another shape, and the rest may mean something else."""


class Instruments(NamedTuple):
    """Everything that the exchange lists."""

    instruments: tuple[Instrument, ...]
    unread: Unread = Unread()
    cost_limit: int | None = None
    """Request cost allowed in a minute, where the reply has it."""

    @property
    def entries(self) -> int:
        """Of the listing, read or not."""
        return len(self.instruments) + self.unread.entries

    def unproven(self, symbols: Iterable[str]) -> set[str]:
        """Those of `symbols` for which the listing proves nothing, because entries of it could not be read."""
        asked = set(symbols)
        if self.unread.entries * _MUCH > self.entries:
            return asked
        unproven = asked & self.unread.symbols
        if self.unread.nameless:
            unproven |= asked - {instrument.symbol for instrument in self.instruments}
        return unproven
