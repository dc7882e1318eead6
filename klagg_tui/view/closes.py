"""The newest closes of a series, for sparklines."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Final, NamedTuple

from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.view.sparkline import sparkline

CLOSES_KEPT: Final = 64
"""Closes of finished bars kept of each symbol and period: as many as the widest sparkline shows."""
_SPARE: Final = 8
"""So many more, before the oldest are let go at once."""


class Drawn(NamedTuple):
    """The newest closes as a line of so many cells."""

    width: int
    first: float
    low: float
    high: float
    line: str


class Closes:
    """The newest closes of finished bars, by their open times."""

    __slots__ = ("_drawn", "_opens", "closes")

    def __init__(self) -> None:
        # Arrays: of 600 symbols in seven periods, lists of their numbers would take 13 MB more.
        self._opens = array("I")
        """Minutes since the epoch: every bar opens with one."""
        # Floats, for these are drawn and never shown: 63 bits of a price's unit end at nine million.
        self.closes = array("d")
        """Units of a price, oldest first."""
        self._drawn: Drawn | None = None

    @property
    def newest_ms(self) -> int:
        """Open time of the newest bar; before every time where there is none."""
        return self._opens[-1] * MINUTE_MS if self._opens else -1

    def drawn(self, width: int) -> Drawn:
        """The newest `width` closes, drawn once until there is another one."""
        drawn = self._drawn
        if drawn is None or drawn.width != width:
            shown = self.closes[-width:]
            drawn = self._drawn = Drawn(width, shown[0], min(shown), max(shown), sparkline(shown, width))
        return drawn

    def put(self, open_ms: int, close: Exact) -> None:
        """A close, or another one for a bar that is there; one older than all that are kept is ignored."""
        self._drawn = None
        opens, minute = self._opens, open_ms // MINUTE_MS
        if not opens or minute > opens[-1]:  # nearly always: a start brings some 250,000 of them
            opens.append(minute)
            self.closes.append(close)
        else:
            at = bisect_left(opens, minute)
            if opens[at] == minute:
                self.closes[at] = close
            elif at or len(opens) < CLOSES_KEPT:
                opens.insert(at, minute)
                self.closes.insert(at, close)
        if len(opens) > CLOSES_KEPT + _SPARE:
            del opens[:_SPARE]
            del self.closes[:_SPARE]

    def copy(self) -> Closes:
        """As they are now."""
        twin = Closes()
        twin._opens, twin.closes = self._opens[:], self.closes[:]
        return twin
