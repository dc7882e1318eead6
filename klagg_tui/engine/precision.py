"""How many decimals a symbol's numbers are written with, closing zeros included.

A bar's values are exact numbers and remember no zeros: 61766.20 is 61766.2 to them. The exchange's files pad every value
of a symbol alike, so files of ours that are to equal them to the letter need to know how.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, Exact

_MOST_OF_TURNOVER: Final = 8
"""The exchange writes no more, whatever is multiplied."""


class Precision(NamedTuple):
    """Decimals of a symbol's prices and quantities."""

    price: int = 0
    quantity: int = 0

    @property
    def turnover(self) -> int:
        """Decimals of price x quantity."""
        return min(_MOST_OF_TURNOVER, self.price + self.quantity)

    def all(self) -> tuple[int, int, int]:
        """Decimals of prices, quantities and turnovers."""
        return self.price, self.quantity, self.turnover

    def widened(self, price: str, quantity: str) -> Precision:
        """Wide enough for these two texts as well, their closing zeros included."""
        return self.union(Precision(_decimals(price, PRICE_DECIMALS), _decimals(quantity, QUANTITY_DECIMALS)))

    def union(self, other: Precision) -> Precision:
        """Wide enough for both."""
        wider = Precision(max(self.price, other.price), max(self.quantity, other.quantity))
        return self if wider == self else wider

    def price_text(self, value: Exact) -> str:
        """A price, padded to its decimals; never rounded."""
        return exact.price_text(value, self.price)

    def quantity_text(self, value: Exact) -> str:
        """A quantity, padded to its decimals; never rounded."""
        return exact.quantity_text(value, self.quantity)

    def turnover_text(self, value: Exact) -> str:
        """A turnover, padded to its decimals; never rounded."""
        return exact.turnover_text(value, self.turnover)


def least_precision(prices: Iterable[Exact], quantities: Iterable[Exact]) -> Precision:
    """The decimals that the numbers themselves need, where nobody says how they are written."""
    return Precision(
        max(map(exact.price_decimals_of, prices), default=0),
        max(map(exact.quantity_decimals_of, quantities), default=0),
    )


def _decimals(text: str, most: int) -> int:
    point = text.find(".")
    return min(most, len(text) - point - 1) if point >= 0 else 0
