"""How like a name is to letters that were typed: all of them in their order, those that stand together before scattered ones."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Final

_NEXT: Final = 12
"""For a letter that follows the one before at once."""
_START: Final = 9
"""For one that begins a word: the name's first, one after a sign, the first that is no digit after digits."""
_FIRST: Final = 5
"""More for the name's first."""


@lru_cache(8192)
def likeness(wanted: str, name: str) -> float | None:
    """The worth of the best way to find the letters in the name, in their order; None: they are not in it.

    Both are in lower case. Each letter passed over between two of them costs one.
    """
    worth = [_start(name, at) if letter == wanted[:1] else -inf for at, letter in enumerate(name)]
    for letter in wanted[1:]:
        worth = _with_next(worth, letter, name)
    best = max(worth, default=-inf)
    return None if best == -inf else best


def _with_next(worth: list[float], letter: str, name: str) -> list[float]:
    """From the best worth by the place of the last letter found to the same with one letter more."""
    found = [-inf] * len(name)
    apart = -inf
    """The best worth that ends before the neighbour, less what is passed over."""
    for at in range(1, len(name)):
        if name[at] == letter:
            found[at] = max(worth[at - 1] + _NEXT, apart + _start(name, at))
        apart = max(apart, worth[at - 1]) - 1
    return found


def _start(name: str, at: int) -> float:
    """What the place is worth for being the start of a word."""
    if at == 0:
        return _START + _FIRST
    before, letter = name[at - 1], name[at]
    return _START if not before.isalnum() or (before.isdigit() and not letter.isdigit()) else 0
