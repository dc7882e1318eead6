"""The faces of the simulated market, found by the venue's key: a module each, loaded when it is asked for.

A new one is a line here; `klagg_tui.simulator.face` says what it must hold.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from klagg_tui.errors import ConfigError
from klagg_tui.simulator.face import Face

FACES: Final = {
    "binance-um": "binance_um.BinanceUm",
    "binance-spot": "binance_spot.BinanceSpot",
    "binance-us": "binance_spot.BinanceUs",
    "binance-coinm": "binance_coinm.BinanceCoinm",
    "coinbase": "coinbase.Coinbase",
    "kraken": "kraken.Kraken",
    "okx-swap": "okx.OkxSwap",
    "okx-spot": "okx.OkxSpot",
    "hyperliquid": "hyperliquid.Hyperliquid",
}
"""Module of this package and class, by the key of the venue."""

DEFAULT: Final = next(iter(FACES))
"""Shown unless another one is asked for."""


def face_class(key: str) -> type[Face]:
    """The face of that venue.

    Raises:
        ConfigError: there is none.
    """
    if key not in FACES:
        raise ConfigError(f"There is no simulated {key!r}; there are {', '.join(FACES)}.")
    module, _, name = FACES[key].partition(".")
    found: type[Face] = getattr(import_module(f"{__name__}.{module}"), name)
    return found
