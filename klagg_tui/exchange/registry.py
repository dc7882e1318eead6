"""Which exchanges there are: a package each, named here by its key and nowhere else."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from klagg_tui.exchange.venue import Venue

_PACKAGES: Final = {
    "binance-um": "binance",
}
"""A package of this room that exports its `VENUE`."""

DEFAULT: Final = "binance-um"


def venue(key: str = DEFAULT) -> Venue:
    """The exchange of that name."""
    found: Venue = import_module(f"klagg_tui.exchange.{_PACKAGES[key]}").VENUE
    return found
