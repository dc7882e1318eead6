"""Which amounts of money can be held against each other: those in quotes that are worth about a dollar. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

DOLLARS: Final = frozenset(
    {"USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "PYUSD", "USDE", "RLUSD"}
)  # fmt: skip
"""The dollar, and coins that are kept at about one."""

AS_DOLLARS: Final = "$"
"""Stands before what several of these are in together, each taken for a dollar: they are off by a little."""


@lru_cache(maxsize=4096)
def is_dollar(quote: str) -> bool:
    """Whether one unit of it is about a dollar."""
    return quote.upper() in DOLLARS


def is_comparable(quote: str) -> bool:
    """Whether an amount of it may stand beside dollars: it is one, or the listing has not said what it is."""
    return not quote or is_dollar(quote)


def are_mixed(quotes: Iterable[str]) -> bool:
    """Whether amounts of several quotes stand beside each other."""
    return len({quote for quote in quotes if quote}) > 1
