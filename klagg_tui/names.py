"""Names of instruments where several exchanges are watched: `venue:symbol`, parted at the first colon. Pure.

Where one exchange is watched, a symbol goes by the exchange's own name alone, which holds no colon.
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """Whose symbol it is, and what the exchange calls it."""

    venue: str
    """The venue's key; empty where the name does not say it."""
    symbol: str

    def __str__(self) -> str:
        return f"{self.venue}:{self.symbol}" if self.venue else self.symbol


def typed(name: str) -> str:
    """A name as somebody typed it, in the letters that exchanges use: capitals, but those of `venue:symbol` as they are."""
    venue, symbol = parted(name)
    return str(Name(venue.lower(), symbol)) if venue else name.upper()


def parted(name: str) -> Name:
    """The parts of `venue:symbol` or `symbol`; of a pattern too."""
    venue, colon, symbol = name.partition(":")
    return Name(venue, symbol) if colon else Name("", name)
