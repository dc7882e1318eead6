"""Which symbols to follow, out of what the exchange lists. Pure but for reading `@file` lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from klagg_tui.errors import ConfigError
from klagg_tui.exchange.listing import Instrument


class SymbolFilter(NamedTuple):
    """What a person asked for; patterns are names or globs, upper case; empty: everything."""

    patterns: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    contract_types: tuple[str, ...] = ()

    def takes(self, instrument: Instrument) -> bool:
        """Whether a listed contract is to be followed now. A symbol named outright is taken whatever its type."""
        if not instrument.is_followable:
            return False
        if instrument.symbol in self.patterns:
            return True
        if self.contract_types and instrument.contract_type not in self.contract_types:
            return False
        if self.quotes and instrument.quote not in self.quotes:
            return False
        return not self.patterns or any(fnmatchcase(instrument.symbol, pattern) for pattern in self.patterns)

    def chosen(self, instruments: Iterable[Instrument]) -> dict[str, Instrument]:
        """The contracts to follow, by symbol."""
        return {instrument.symbol: instrument for instrument in instruments if self.takes(instrument)}

    def other_types(self, instruments: Collection[Instrument]) -> dict[str, int]:
        """How many contracts of other types would be followed besides if every type were taken, by type."""
        chosen = self.chosen(instruments)
        others = self._replace(contract_types=()).chosen(instruments).keys() - chosen.keys()
        kinds = Counter(instrument.contract_type for instrument in instruments if instrument.symbol in others)
        return dict(kinds.most_common())

    def unknown(self, symbols: Collection[str]) -> tuple[str, ...]:
        """Names and globs that match none of the listed symbols."""
        return tuple(
            pattern
            for pattern in self.patterns
            if pattern not in symbols and not any(fnmatchcase(symbol, pattern) for symbol in symbols)
        )


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
