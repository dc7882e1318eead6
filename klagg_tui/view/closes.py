"""The newest closes of a series, for sparklines."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Final

from klagg_tui.engine.exact import Exact

CLOSES_KEPT: Final = 64
"""Closes of finished bars kept of each symbol and period: as many as the widest sparkline shows."""


class Closes:
    """The newest closes of finished bars, by their open times."""

    __slots__ = ("_opens", "closes")

    def __init__(self) -> None:
        # Arrays: of 600 symbols in seven periods, lists of their numbers would take 13 MB more.
        self._opens = array("q")
        # Floats, for these are drawn and never shown: 63 bits of a price's unit end at nine million.
        self.closes = array("d")
        """Units of a price, oldest first; at most twice `CLOSES_KEPT`."""

    @property
    def newest_ms(self) -> int:
        """Open time of the newest bar; before every time where there is none."""
        return self._opens[-1] if self._opens else -1

    def put(self, open_ms: int, close: Exact) -> None:
        """A close, or another one for a bar that is there; one older than all that are kept is ignored."""
        opens = self._opens
        if not opens or open_ms > opens[-1]:  # nearly always: a start brings some 250,000 of them
            opens.append(open_ms)
            self.closes.append(close)
        else:
            at = bisect_left(opens, open_ms)
            if opens[at] == open_ms:
                self.closes[at] = close
            elif at or len(opens) < CLOSES_KEPT:
                opens.insert(at, open_ms)
                self.closes.insert(at, close)
        if len(opens) > 2 * CLOSES_KEPT:
            del opens[:CLOSES_KEPT]
            del self.closes[:CLOSES_KEPT]

    def copy(self) -> Closes:
        """As they are now."""
        twin = Closes()
        twin._opens, twin.closes = self._opens[:], self.closes[:]
        return twin
