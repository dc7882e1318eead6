"""The figures that are made of the minutes' logarithmic returns, read from the windows that count them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, sqrt
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.view.screener.readings import Reading, is_whole, share
from klagg_tui.view.screener.tape import Ring, Tape
from klagg_tui.view.screener.windows import PairWindow, ReturnWindow

_A_DAY: Final = sqrt(1440) * 100
"""From the deviation of minutes to that of a day, in percent."""
_STILL: Final = 1e-24
"""A sum of squared returns that rounding alone makes: no price moves by so little."""


class Volatility(Reading):
    """The standard deviation of the returns, scaled to a day."""

    __slots__ = ("window",)

    def __init__(self, window: ReturnWindow) -> None:
        self.window = window

    def value(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        window = self.window
        if window.hi != window.tape.end:
            window.sync()
        deviation = window.deviation(return_of(forming, window.tape, window.closes))
        return None if deviation is None else deviation * _A_DAY

    def coverage(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        window = self.window
        window.sync()
        is_known = is_whole(window.tape, forming) and (
            forming is None or return_of(forming, window.tape, window.closes) is not None
        )
        return share(window.tape, window, is_known)


def return_of(forming: Bar | None, tape: Tape, closes: Ring) -> float | None:
    """The logarithmic return of the minute under way so far."""
    if forming is None or not forming[6]:
        return None
    before = int(closes.values[(tape.end - 1) % closes.size]) * tape.unit
    return log(forming[6] / before) if before else None


class Together(Reading):
    """How the returns go with those of another symbol: correlation, or slope."""

    __slots__ = ("is_slope", "their_bar", "window")

    def __init__(self, window: PairWindow, their_bar: Callable[[], Bar | None], *, is_slope: bool) -> None:
        self.window = window
        self.their_bar = their_bar
        """The other symbol's current minute."""
        self.is_slope = is_slope

    def value(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        window = self.window
        if window.hi != window.tape.end:
            window.sync()
        moments = window.moments(self._now(forming))
        if moments is None:
            return None
        ours, theirs, both = moments
        if self.is_slope:
            return both / theirs if theirs > _STILL else None
        return both / sqrt(ours * theirs) if ours > _STILL and theirs > _STILL else None

    def _now(self, forming: Bar | None) -> tuple[float, float] | None:
        """Both returns of the minute under way."""
        window = self.window
        ours, theirs = return_of(forming, window.tape, window.x), self._their_return()
        return None if ours is None or theirs is None else (ours, theirs)

    def _their_return(self) -> float | None:
        window = self.window
        end, tape, closes = window.tape.end, window.their_tape, window.y
        if tape.end == end:
            bar = self.their_bar()
            return None if bar is None or bar[2] // MINUTE_MS != end else return_of(bar, tape, closes)
        if not window.holds(end - 1) or tape.end < end:
            return None
        close, before = closes.values[end % closes.size], closes.values[(end - 1) % closes.size]
        return log(close / before) if close and before else None

    def coverage(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        window = self.window
        window.sync()
        is_known = is_whole(window.tape, forming) and (forming is None or self._now(forming) is not None)
        return share(window.tape, window, is_known)
