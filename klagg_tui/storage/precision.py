"""How many decimals the exchange writes for a symbol, closing zeros included.

A bar's values are exact numbers and remember no zeros: 61766.20 is 61766.2 to them. The exchange's files pad every value
of a symbol alike, so files of ours that are to equal them to the letter need to know how.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from klagg_tui.storage.store import Store

_MOST: Final = 8
_KEY: Final = "decimals"
"""Of `meta`: a JSON object from symbols to decimals of prices and of quantities."""


class Precision(NamedTuple):
    """Decimals of a symbol's prices and quantities."""

    price: int = 0
    quantity: int = 0

    @property
    def turnover(self) -> int:
        """Decimals of price x quantity; the exchange writes eight at the most."""
        return min(_MOST, self.price + self.quantity)

    def all(self) -> tuple[int, int, int]:
        """Decimals of prices, quantities and turnovers."""
        return self.price, self.quantity, self.turnover

    def widened(self, price: str, quantity: str) -> Precision:
        """Wide enough for these two texts as well."""
        return self.joined(Precision(_decimals(price), _decimals(quantity)))

    def joined(self, other: Precision) -> Precision:
        """Wide enough for both."""
        wider = Precision(max(self.price, other.price), max(self.quantity, other.quantity))
        return self if wider == self else wider


def _decimals(text: str) -> int:
    point = text.find(".")
    return min(_MOST, len(text) - point - 1) if point >= 0 else 0


async def stored_grains(store: Store) -> dict[str, Precision]:
    """What is known, by symbol."""
    text = await store.meta(_KEY)
    return {symbol: Precision(*decimals) for symbol, decimals in json.loads(text or "{}").items()}


async def widen_grains(store: Store, grains: Mapping[str, Precision]) -> None:
    """Keep decimals that were seen, beside what is known already."""
    known = await stored_grains(store)
    wider = {symbol: grain.joined(known.get(symbol, Precision())) for symbol, grain in grains.items()}
    if any(known.get(symbol) != grain for symbol, grain in wider.items()):
        await store.put_meta(_KEY, json.dumps({**known, **wider}, ensure_ascii=False))
