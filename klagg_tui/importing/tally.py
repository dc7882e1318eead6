"""What was met while reading files, counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from klagg_tui.engine.precision import Precision

SHOWN_BAD: Final = 3


@dataclass
class Tally:
    """What was met while reading."""

    rows: int = 0
    placeholders: int = 0
    """Records of price 0 and quantity 0: no trades, but their ids are used up."""
    other_events: int = 0
    """Events that are no aggregate trades."""
    other_market: int = 0
    """Trades of another market of the exchange, in a recording of both."""
    bad: int = 0
    first_bad: list[str] = field(default_factory=list)
    """The first few, each with file, line and reason."""
    precisions: dict[str, Precision] = field(default_factory=dict)
    """By symbol, how many decimals its values are written with."""
    _seen: set[tuple[str, int, int]] = field(default_factory=set)
    """Symbols with decimals of a price and of a quantity: nearly all rows of a file are written alike."""

    def widen(self, symbol: str, price: str, quantity: str) -> None:
        """Note how many decimals a symbol's values are written with."""
        seen = (symbol, len(price.partition(".")[2]), len(quantity.partition(".")[2]))
        if seen in self._seen:
            return
        self._seen.add(seen)
        self.precisions[symbol] = self.precisions.get(symbol, Precision()).widened(price, quantity)

    def take_precisions(self) -> dict[str, Precision]:
        """What was noted since it was taken last."""
        taken, self.precisions, self._seen = self.precisions, {}, set()
        return taken

    def reject(self, where: str, reason: str) -> None:
        """Count a row that cannot be used."""
        self.bad += 1
        if len(self.first_bad) < SHOWN_BAD:
            self.first_bad.append(f"{where}: {reason}")
