"""Which exchanges there are: each is one package, named by its key in this table alone."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from klagg_tui.exchange.venue import Venue

_PACKAGES: Final = {
    "binance-um": "binance",
    "coinbase": "coinbase",
    "kraken": "kraken",
}
"""A package of this room that exports its `VENUE`."""

DEFAULT: Final = next(iter(_PACKAGES))
"""Watched unless another one is asked for."""


def venue(key: str = DEFAULT) -> Venue:
    """The exchange of that name."""
    found: Venue = import_module(f"klagg_tui.exchange.{_PACKAGES[key]}").VENUE
    return found
