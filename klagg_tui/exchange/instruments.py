"""Which symbols to follow, out of what the exchange lists. Pure but for reading `@file` lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.errors import ConfigError
from klagg_tui.exchange.venue import Instrument

PERPETUAL: Final = ("PERPETUAL",)


class SymbolFilter(NamedTuple):
    """What a person asked for; patterns are names or globs, upper case; empty: everything."""

    patterns: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    contract_types: tuple[str, ...] = PERPETUAL

    def takes(self, listing: Instrument) -> bool:
        """Whether a listed contract is to be followed now. A symbol named outright is taken whatever its type."""
        if not listing.is_trading:
            return False
        if listing.symbol in self.patterns:
            return True
        if listing.contract_type not in self.contract_types or (self.quotes and listing.quote not in self.quotes):
            return False
        return not self.patterns or any(fnmatchcase(listing.symbol, pattern) for pattern in self.patterns)

    def chosen(self, listings: Iterable[Instrument]) -> dict[str, Instrument]:
        """The contracts to follow, by symbol."""
        return {listing.symbol: listing for listing in listings if self.takes(listing)}

    def unknown(self, listings: Iterable[Instrument]) -> tuple[str, ...]:
        """Names and globs that match nothing at all that is listed."""
        symbols = [listing.symbol for listing in listings]
        return tuple(
            pattern for pattern in self.patterns if not any(fnmatchcase(symbol, pattern) for symbol in symbols)
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
