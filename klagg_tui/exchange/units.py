"""What a size counts: coins, or contracts that are worth some. Pure.

An exchange that counts contracts says in its listing what one is worth; whoever takes them for coins is wrong by that factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.numerals import product

ONE: Final = "1"


class Contract(NamedTuple):
    """The unit of an instrument's sizes."""

    size: str = ONE
    """Units of volume in one of the exchange's units of size: base coins of a linear contract, 1 where volume is counted as
    the exchange does."""
    value: str = ""
    """US dollars of an inverse contract, of which volume is counted in contracts; empty for all others."""

    @property
    def is_inverse(self) -> bool:
        """Whether it is worth the same at every price."""
        return bool(self.value)


Contracts: TypeAlias = Mapping[str, Contract]
"""By instrument."""
COINS: Final = Contract()
"""Of the spot market, where sizes are coins."""


class SpotContracts(dict[str, Contract]):
    """Of the spot market: sizes of every instrument are coins, whether its listing was read or not."""

    def __missing__(self, symbol: str) -> Contract:
        return COINS


def contract_of(contracts: Contracts, symbol: str) -> Contract:
    """The unit of an instrument's sizes; raises BadFrame where nobody knows it: a quantity is never guessed."""
    try:
        return contracts[symbol]
    except KeyError:
        raise BadFrame(f"nobody knows what a contract of {symbol} is worth: the listing does not have it") from None


def quantity(size: str, contract: Contract) -> str:
    """A size in units of volume; BadFrame where it is no number, unless it is left as it is."""
    return size if contract.size == ONE else product(size, contract.size)
