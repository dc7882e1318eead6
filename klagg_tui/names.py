"""Names of instruments where several exchanges are watched: `venue:symbol`, parted at the first colon. Pure.

Where one exchange is watched, a symbol goes by the exchange's own name alone, which holds no colon.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Name(NamedTuple):
    """Whose symbol it is, and what the exchange calls it."""

    venue: str
    """The venue's key; empty where the name does not say it."""
    symbol: str

    def __str__(self) -> str:
        return f"{self.venue}:{self.symbol}" if self.venue else self.symbol


class Spellings:
    """What may be typed for names, in any letters.

    A name without its exchange means those that are called so, and of an exchange's key what stands before its `-` will do: `okx`
    means `okx-swap` and `okx-spot`.

    Args:
        names: what there is.
        venue: the key of the exchange whose names those are that say none; empty where nobody knows.
    """

    def __init__(self, names: Iterable[str] = (), venue: str = "") -> None:
        self._names = dict.fromkeys(names)
        self._whole: dict[str, list[str]] = {}
        self._others: dict[str, list[str]] = {}
        for name in self._names:
            self._whole.setdefault(name.upper(), []).append(name)
            own = parted(name)
            key = own.venue or venue
            for other in dict.fromkeys(str(Name(said, own.symbol)) for said in ("", key, key.partition("-")[0])):
                self._others.setdefault(other.upper(), []).append(name)

    def meant(self, name: str) -> list[str]:
        """The names that are meant: one, or several that go by what was typed; none."""
        if name in self._names:
            return [name]
        return self._whole.get(name.upper()) or self._others.get(name.upper(), [])


def typed(name: str) -> str:
    """A name as somebody typed it, in the letters that exchanges use: capitals, but those of `venue:symbol` as they are."""
    venue, symbol = parted(name)
    return str(Name(venue.lower(), symbol)) if venue else name.upper()


def parted(name: str) -> Name:
    """The parts of `venue:symbol` or `symbol`; of a pattern too."""
    venue, colon, symbol = name.partition(":")
    return Name(venue, symbol) if colon else Name("", name)
