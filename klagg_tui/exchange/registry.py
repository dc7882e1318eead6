"""Which exchanges there are: each is one package, named by its key in this table alone."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from klagg_tui.exchange.venue import Venue

_PACKAGES: Final = {
    "binance-um": "binance",
    "binance-spot": "binance.SPOT",
    "binance-us": "binance.US",
    "binance-coinm": "binance.COINM",
    "coinbase": "coinbase",
    "okx-swap": "okx.SWAP",
    "okx-spot": "okx.SPOT",
    "kraken": "kraken",
    "hyperliquid": "hyperliquid",
}
"""A package of this room, and what it exports as the venue; `VENUE` where nothing else is said."""

DEFAULT: Final = next(iter(_PACKAGES))
"""Watched unless another one is asked for."""


def keys() -> tuple[str, ...]:
    """Every exchange's key, the default one first."""
    return tuple(_PACKAGES)


def opening_at_previous_close() -> tuple[str, ...]:
    """Keys of the exchanges whose bars open at the close of the one before."""
    return tuple(key for key in keys() if venue(key).candle.opens_at_previous_close)


def venue(key: str = DEFAULT) -> Venue:
    """The exchange of that name."""
    package, _, name = _PACKAGES[key].partition(".")
    found: Venue = getattr(import_module(f"klagg_tui.exchange.{package}"), name or "VENUE")
    return found
