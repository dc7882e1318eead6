"""The highest and the lowest price of the last minutes, and where the window's known prices begin.

Of the minutes only those are queued that can still be the highest: one that is followed by a higher one never will. So
each minute enters and leaves once, however the prices go.
"""

from __future__ import annotations

from array import array
from typing import Final

from klagg_tui.view.screener.tape import UNKNOWN, Ring, Tape

_KEPT: Final = 64
"""Minutes that have left and stay in the queue until it is cut."""


class Extreme:
    """The highest price of the last closed minutes, or the lowest where `sign` is -1."""

    __slots__ = ("head", "hi", "known", "length", "lo", "queue", "ring", "sign", "tape")

    def __init__(self, tape: Tape, length: int, ring: Ring, sign: int) -> None:
        self.tape, self.length, self.ring, self.sign = tape, length, ring, sign
        self.known = self.head = 0
        self.lo = self.hi = -1
        self.queue = array("I")

    def ticks(self) -> int:
        """The price, in the tape's ticks; `UNKNOWN` where none is known."""
        queue, head = self.queue, self.head
        return int(self.ring.values[queue[head] % self.ring.size]) if head < len(queue) else UNKNOWN

    def sync(self) -> None:
        """Look at what came since."""
        end = self.tape.end
        if end == self.hi:
            return
        lo = max(0, end - self.length)
        if self.hi < lo or self.lo < end - self.ring.size:
            self.known = self.head = 0
            self.queue = array("I")
            self.lo = self.hi = lo
        self._enter(end)
        self._leave(lo)

    def _enter(self, end: int) -> None:
        values, size, sign = self.ring.values, self.ring.size, self.sign
        queue, head = self.queue, self.head
        for minute in range(self.hi, end):
            price = values[minute % size]
            if price:
                self.known += 1
                signed = price * sign
                while len(queue) > head and values[queue[-1] % size] * sign <= signed:
                    queue.pop()
                queue.append(minute)
        self.hi = end

    def _leave(self, lo: int) -> None:
        values, size, queue = self.ring.values, self.ring.size, self.queue
        for minute in range(self.lo, lo):
            if values[minute % size]:
                self.known -= 1
        self.lo = lo
        while self.head < len(queue) and queue[self.head] < lo:
            self.head += 1
        if self.head > _KEPT:
            del queue[: self.head]
            self.head = 0

    def before(self, minute: int) -> None:
        """A minute is about to change."""
        if self.lo <= minute < self.hi:
            self.restart()

    def after(self, minute: int) -> None:
        """A minute has changed."""

    def restart(self) -> None:
        """Look at all minutes again when somebody reads."""
        self.lo = self.hi = -1


def _first_known(prices: Ring, begin: int, end: int) -> int:
    """The first minute before `end` whose price is known: of a new symbol a day of others is passed over."""
    while begin < end:
        place = begin % prices.size
        held = prices.values[place : min(place + end - begin, prices.size)].tobytes()
        unknown = (len(held) - len(held.lstrip(b"\0"))) // prices.values.itemsize
        begin += unknown
        if unknown * prices.values.itemsize < len(held):
            break
    return begin


class FirstKnown:
    """The first minute of the window whose close is known, beginning with the one before the window."""

    __slots__ = ("at", "closes", "length", "tape")

    def __init__(self, tape: Tape, length: int, closes: Ring) -> None:
        self.tape, self.length, self.closes = tape, length, closes
        self.at = 0

    def sync(self) -> None:
        """Look at what came since."""
        end = self.tape.end
        at = max(self.at, end - self.length)
        self.at = at if at >= end or self.closes.values[at % self.closes.size] else _first_known(self.closes, at, end)

    def before(self, minute: int) -> None:
        """A minute is about to change."""

    def after(self, minute: int) -> None:
        """An earlier minute may have become known."""
        self.at = min(self.at, minute)

    def restart(self) -> None:
        """Look at all minutes again when somebody reads."""
        self.at = 0
