"""Sums over the last minutes of a tape: what enters is added and what leaves is taken off, in whole numbers, so nothing drifts.

A window counts nothing until somebody reads it; then it takes in what came since, or all of it anew where that is too much.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import fsum, log, sqrt
from typing import Final, NamedTuple

from klagg_tui.view.screener.tape import Ring, Tape

_ONE: Final = 2**149
"""Every float of four bytes is a whole multiple of its inverse."""
_SCALE: Final = 2.0**149
_RETURN_ONE: Final = 2**52
"""A logarithmic return is counted in units of its inverse: as fine as a float near 1."""
_RETURN_SCALE: Final = 2.0**52


class Window(ABC):
    """The closed minutes from `lo` to before `hi` of a tape, counted."""

    __slots__ = ("hi", "length", "lo", "tape")

    reach: int = 0
    """How many minutes after a changed one change with it."""

    def __init__(self, tape: Tape, length: int) -> None:
        self.tape = tape
        self.length = length
        """Closed minutes: the one under way is added by whoever reads."""
        self.lo = self.hi = 0

    def sync(self) -> None:
        """Count up to the minute under way."""
        end = self.last()
        if end == self.hi and self.lo == self.tape.end - self.length:
            return
        lo = max(0, self.tape.end - self.length)
        if not self.lo <= lo <= self.hi <= end or not self.holds(self.lo - self.reach):
            self.clear()
            self.lo, self.hi = lo, max(lo, end)
            self.count(lo, self.hi)
        else:
            for minute in range(self.hi, end):
                self.shift(minute, 1)
            for minute in range(self.lo, lo):
                self.shift(minute, -1)
            self.lo, self.hi = lo, end
        self.settle()

    def last(self) -> int:
        """The minute before which all can be counted."""
        return self.tape.end

    def before(self, minute: int) -> None:
        """Take the minute off, because it is about to change."""
        for touched in range(max(minute, self.lo), min(minute + self.reach + 1, self.hi)):
            self.shift(touched, -1)

    def after(self, minute: int) -> None:
        """Count the minute again."""
        for touched in range(max(minute, self.lo), min(minute + self.reach + 1, self.hi)):
            self.shift(touched, 1)
        self.settle()

    def restart(self) -> None:
        """Count anew when somebody reads."""
        self.lo = self.hi = -1

    def count(self, lo: int, hi: int) -> None:
        """Count all minutes of a stretch."""
        for minute in range(lo, hi):
            self.shift(minute, 1)

    @abstractmethod
    def holds(self, minute: int) -> bool:
        """Whether what was counted from that minute on is still held."""

    @abstractmethod
    def clear(self) -> None:
        """Nothing is counted."""

    @abstractmethod
    def shift(self, minute: int, sign: int) -> None:
        """Count a minute, or take it off."""

    def settle(self) -> None:  # noqa: B027 - most have nothing to prepare
        """What is read is prepared once, after the counting."""


class SumWindow(Window):
    """The sum of a field, and of how many minutes it is known."""

    __slots__ = ("known", "ring", "sum", "total")

    def __init__(self, tape: Tape, length: int, ring: Ring) -> None:
        super().__init__(tape, length)
        self.ring = ring
        self.clear()
        self.sum = 0.0
        """In plain units."""

    def holds(self, minute: int) -> bool:
        """See `Window`."""
        return minute >= self.tape.end - self.ring.size

    def clear(self) -> None:
        """See `Window`."""
        self.total = self.known = 0

    def shift(self, minute: int, sign: int) -> None:
        """See `Window`."""
        ring = self.ring
        value = ring.values[minute % ring.size]
        if value == value:  # noqa: PLR0124 - NaN alone differs from itself
            self.total += int(value * _SCALE) * sign
            self.known += sign

    def count(self, lo: int, hi: int) -> None:
        """See `Window`."""
        values = [value for part in _parts(self.ring, lo, hi) for value in part if value == value]  # noqa: PLR0124
        self.known = len(values)
        total = 0
        while rest := fsum(values):
            # The nearest float of what is left, until nothing is: together exact, and faster than whole numbers.
            total += int(rest * _SCALE)
            values.append(-rest)
        self.total = total

    def settle(self) -> None:
        """See `Window`."""
        self.sum = as_float(self.total)


def as_float(total: int) -> float:
    """The sum that was counted, in plain units."""
    return total / _ONE


def _parts(ring: Ring, lo: int, hi: int) -> list[list[float]]:
    """The numbers of the minutes from one to before another, in pieces."""
    if hi <= lo:
        return []
    begin, end = lo % ring.size, (hi - 1) % ring.size + 1
    values = ring.values
    if begin < end:
        return [values[begin:end].tolist()]
    return [values[begin:].tolist(), values[:end].tolist()]


class PaidWindow(Window):
    """Turnover and volume of the minutes of which both are known."""

    __slots__ = ("amount", "known", "paid", "turnover", "volume")

    def __init__(self, tape: Tape, length: int, turnover: Ring, volume: Ring) -> None:
        super().__init__(tape, length)
        self.turnover, self.volume = turnover, volume
        self.clear()

    def holds(self, minute: int) -> bool:
        """See `Window`."""
        return minute >= self.tape.end - min(self.turnover.size, self.volume.size)

    def clear(self) -> None:
        """See `Window`."""
        self.known = self.paid = self.amount = 0

    def shift(self, minute: int, sign: int) -> None:
        """See `Window`."""
        turnover, volume = self.turnover, self.volume
        paid, amount = turnover.values[minute % turnover.size], volume.values[minute % volume.size]
        if paid == paid and amount == amount:  # noqa: PLR0124
            self.known += sign
            self.paid += int(paid * _SCALE) * sign
            self.amount += int(amount * _SCALE) * sign


class ReturnWindow(Window):
    """The logarithmic returns of the minutes: how many, their mean, and the sum of the squares around it."""

    __slots__ = ("_squares", "_total", "around", "closes", "known", "mean")

    reach = 1

    def __init__(self, tape: Tape, length: int, closes: Ring) -> None:
        super().__init__(tape, length)
        self.closes = closes
        self.clear()
        self.mean = self.around = 0.0

    def holds(self, minute: int) -> bool:
        """See `Window`."""
        return minute >= self.tape.end - self.closes.size

    def clear(self) -> None:
        """See `Window`."""
        self.known = self._total = self._squares = 0

    def shift(self, minute: int, sign: int) -> None:
        """See `Window`."""
        closes = self.closes
        values, size = closes.values, closes.size
        close, before = values[minute % size], values[(minute - 1) % size]
        if close and before:
            change = int(log(close / before) * _RETURN_SCALE)
            self.known += sign
            self._total += change * sign
            self._squares += change * change * sign

    def settle(self) -> None:
        """See `Window`."""
        known = self.known
        if known:
            self.mean = self._total / (known * _RETURN_ONE)
            self.around = (known * self._squares - self._total**2) / (known * _RETURN_ONE**2)
        else:
            self.mean = self.around = 0.0

    def deviation(self, now: float | None) -> float | None:
        """The standard deviation of the sample, with the return under way; None of fewer than three."""
        known, around = self.known, self.around
        if now is not None:
            around += (now - self.mean) ** 2 * known / (known + 1)
            known += 1
        return sqrt(around / (known - 1)) if known >= _FEWEST else None


_FEWEST: Final = 3
"""Returns that have a deviation, or go together."""


class Moments(NamedTuple):
    """Of some pairs of returns: sums of squares around the means, and of products."""

    ours: float
    theirs: float
    both: float


class PairWindow(Window):
    """The logarithmic returns of two symbols in the same minutes: how many, their means, squares and products."""

    __slots__ = ("_around", "_means", "_sums", "known", "their_tape", "x", "y")

    reach = 1

    def __init__(self, tape: Tape, their_tape: Tape, length: int) -> None:
        super().__init__(tape, length)
        self.their_tape = their_tape
        self.x, self.y = tape.ring("close"), their_tape.ring("close")
        self.clear()
        self._means = 0.0, 0.0
        self._around = Moments(0.0, 0.0, 0.0)

    def last(self) -> int:
        """See `Window`."""
        return min(self.tape.end, self.their_tape.end)

    def holds(self, minute: int) -> bool:
        """See `Window`."""
        return minute >= max(self.tape.end - self.x.size, self.their_tape.end - self.y.size)

    def clear(self) -> None:
        """See `Window`."""
        self.known = 0
        self._sums = [0, 0, 0, 0, 0]
        """Ours, theirs, their squares, their products."""

    def before(self, minute: int) -> None:
        """See `Window`."""
        if self.holds(self.lo - 1):
            super().before(minute)
        else:
            self.restart()  # the other symbol is far ahead: what was counted cannot be taken off any more

    def count(self, lo: int, hi: int) -> None:
        """See `Window`."""
        super().count(max(lo, self.their_tape.end - self.y.size + 1), hi)

    def shift(self, minute: int, sign: int) -> None:
        """See `Window`."""
        x, y = self.x, self.y
        close, before = x.values[minute % x.size], x.values[(minute - 1) % x.size]
        their_close, their_before = y.values[minute % y.size], y.values[(minute - 1) % y.size]
        if close and before and their_close and their_before:
            ours = int(log(close / before) * _RETURN_SCALE)
            theirs = int(log(their_close / their_before) * _RETURN_SCALE)
            sums = self._sums
            self.known += sign
            sums[0] += ours * sign
            sums[1] += theirs * sign
            sums[2] += ours * ours * sign
            sums[3] += theirs * theirs * sign
            sums[4] += ours * theirs * sign

    def settle(self) -> None:
        """See `Window`."""
        known = self.known
        if known:
            ours, theirs, ours_squared, theirs_squared, products = self._sums
            unit = known * _RETURN_ONE**2
            self._means = ours / (known * _RETURN_ONE), theirs / (known * _RETURN_ONE)
            self._around = Moments(
                (known * ours_squared - ours * ours) / unit,
                (known * theirs_squared - theirs * theirs) / unit,
                (known * products - ours * theirs) / unit,
            )
        else:
            self._means = 0.0, 0.0
            self._around = Moments(0.0, 0.0, 0.0)

    def moments(self, now: tuple[float, float] | None) -> Moments | None:
        """Those of all pairs, with the one under way; None of fewer than three."""
        known, around = self.known, self._around
        if now is None:
            return around if known >= _FEWEST else None
        if known + 1 < _FEWEST:
            return None
        ours, theirs = now[0] - self._means[0], now[1] - self._means[1]
        share = known / (known + 1)
        return Moments(
            around[0] + ours * ours * share, around[1] + theirs * theirs * share, around[2] + ours * theirs * share
        )
