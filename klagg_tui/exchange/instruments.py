"""Which symbols to follow, out of what the exchange lists. Pure but for reading `@file` lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.errors import ConfigError
from klagg_tui.exchange.listing import Instrument
from klagg_tui.names import parted

_NAMES_LOOKED_AT: Final = 5_000
"""Of a listing, for one that is near: a listing of this many symbols takes 50 ms."""


class SymbolFilter(NamedTuple):
    """What a person asked for; patterns are names or globs in any case; empty: everything.

    They are the exchange's own names, whatever key stands before them here; `/` and `-` between two coins are alike.
    """

    patterns: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    contract_types: tuple[str, ...] = ()
    takes_none: bool = False
    """Whether symbols were asked for, but all of other exchanges."""

    @classmethod
    def of_venue(
        cls, key: str, patterns: Iterable[str], quotes: Iterable[str], contract_types: tuple[str, ...]
    ) -> SymbolFilter:
        """What of patterns and quotes with and without `venue:` is meant for one exchange."""
        all_patterns = tuple(patterns)
        ours = tuple(parted(pattern).symbol for pattern in all_patterns if is_of_venue(pattern, key))
        own_quotes = tuple(parted(quote).symbol for quote in quotes if is_of_venue(quote, key))
        return cls(ours, own_quotes, contract_types, bool(all_patterns) and not ours)

    def takes(self, instrument: Instrument) -> bool:
        """Whether a listed contract is to be followed now. A symbol named outright is taken whatever its type."""
        if not instrument.is_followable or self.takes_none:
            return False
        name, folded = _folded(parted(instrument.symbol).symbol), [_folded(pattern) for pattern in self.patterns]
        if name in folded:
            return True
        if self.contract_types and instrument.contract_type not in self.contract_types:
            return False
        if self.quotes and instrument.quote.upper() not in map(str.upper, self.quotes):
            return False
        return not folded or any(fnmatchcase(name, pattern) for pattern in folded)

    def chosen(self, instruments: Iterable[Instrument]) -> dict[str, Instrument]:
        """The contracts to follow, by symbol."""
        return {instrument.symbol: instrument for instrument in instruments if self.takes(instrument)}

    def other_types(self, instruments: Collection[Instrument]) -> dict[str, int]:
        """How many contracts of other types would be followed besides if every type were taken, by type."""
        kinds = Counter(instrument.contract_type for instrument in self.others(instruments))
        return dict(kinds.most_common())

    def others(self, instruments: Collection[Instrument]) -> list[Instrument]:
        """Contracts of other types that would be followed besides if every type were taken."""
        chosen = self.chosen(instruments)
        others = self._replace(contract_types=()).chosen(instruments).keys() - chosen.keys()
        return [instrument for instrument in instruments if instrument.symbol in others]

    def unknown(self, symbols: Collection[str]) -> tuple[str, ...]:
        """Names and globs that match none of the listed symbols."""
        names = frozenset(map(_folded, symbols))

        def is_there(pattern: str) -> bool:
            return pattern in names or any(fnmatchcase(name, pattern) for name in names)

        return tuple(pattern for pattern in self.patterns if not is_there(_folded(pattern)))

    def unknown_with_hints(self, symbols: Collection[str]) -> dict[str, str]:
        """The same, each with a listed name that is near, or with none."""
        return {pattern: near_name(pattern, symbols) for pattern in self.unknown(symbols)}


def is_of_venue(pattern: str, key: str) -> bool:
    """Whether a pattern with or without `venue:` means an exchange; `okx` means `okx-swap` and `okx-spot`."""
    venue = parted(pattern).venue.casefold()
    return not venue or fnmatchcase(key, venue) or key.startswith(f"{venue}-")


def near_name(pattern: str, symbols: Iterable[str]) -> str:
    """The listed name that was probably meant, empty where none is near."""
    from difflib import get_close_matches

    by_folded = {_folded(symbol): symbol for symbol in islice(symbols, _NAMES_LOOKED_AT)}
    near = get_close_matches(_folded(pattern).strip("*?"), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else ""


def nothing_called(unmatched: Mapping[str, str], who: str = "The exchange lists nothing") -> str:
    """One sentence about patterns that match nothing, each with a name that is near or an empty one."""
    near = " or ".join(dict.fromkeys(filter(None, unmatched.values())))
    return f"{who} called {', '.join(unmatched)}{f'; did you mean {near}?' if near else '.'}"


def _folded(name: str) -> str:
    """As names are compared: some exchanges write a coin in small letters, and part two coins by another sign."""
    return name.upper().replace("/", "-")


def patterns(texts: Sequence[str]) -> tuple[str, ...]:
    """Names and globs out of what was typed: with commas, several times, or as `@file` with one or more on each line.

    Raises:
        ConfigError: a file cannot be read.
    """
    found: list[str] = []
    for text in texts:
        for part in text.split(","):
            if part.strip().startswith("@"):
                found += _from_file(Path(part.strip()[1:]))
            elif part.strip():
                found.append(part.strip().upper())
    return tuple(dict.fromkeys(found))


def _from_file(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The list of symbols {path} cannot be read: {error}.") from error
    names = " ".join(line.split("#")[0] for line in lines).replace(",", " ").split()
    return [name.upper() for name in names]
