"""One series of stored bars and the exchange's own side by side, in order of time: what differs, and what only one has. Pure.

What only one of them has is one finding a stretch, not one a bar. The exchange is known to lack only what lies between
bars that it shows. A larger bar is not told where its smaller ones are told for all of its time: it follows from them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from klagg_tui.auditing.findings import Finding, Kind, differences, missing_text, of_bar
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.confirming import confirmed_by
from klagg_tui.engine.exact import Exact

Proves: TypeAlias = Callable[[int, int], bool]
"""Whether nothing is missing of the exchange's own between two of its bars that are shown one after the other."""


class Stretches:
    """What was told of a symbol's series, those of shorter periods first."""

    def __init__(self) -> None:
        self._of_series: list[list[tuple[int, int]]] = []

    def begin(self) -> None:
        """The next series comes."""
        self._of_series.append([])

    def add(self, from_ms: int, to_ms: int) -> None:
        """The next stretch of it, behind all others."""
        self._of_series[-1].append((from_ms, to_ms))

    def hold(self, bar: Bar) -> bool:
        """Whether all of a bar's time was told of a shorter period."""
        for told in self._of_series[:-1]:
            at = bisect_right(told, bar.open_ms, key=lambda stretch: stretch[0])
            if at and bar.end_ms <= told[at - 1][1]:
                return True
        return False


class Told:
    """What was told of a symbol so far, of each side."""

    def __init__(self) -> None:
        self.missing = Stretches()
        self.extra = Stretches()

    def begin(self) -> None:
        """The next series comes."""
        self.missing.begin()
        self.extra.begin()


class Sides:
    """Both sides of one series."""

    def __init__(self, told: Told, proves: Proves, *, opens_at_previous_close: bool = False) -> None:
        """`opens_at_previous_close`: as the venue's `CandleFacts` have it."""
        self._opens_at_previous_close = opens_at_previous_close
        told.begin()
        self._told = told
        self._proves = proves
        self._stored: deque[Bar] = deque()
        self._reached_ms: int | None = None
        """Up to when stored bars were handed in."""
        self._shown_ms: int | None = None
        """When the exchange's newest bar so far opens."""
        self._matched_ms: int | None = None
        self._missing: list[Bar] = []
        self._extra: list[Bar] = []
        """First and last of a stretch that only one side has."""
        self._ready: list[Finding] = []

    def needs_stored(self, batch: Sequence[Bar]) -> bool:
        """Whether more stored bars are wanted before this batch of the exchange's can be taken."""
        return self._reached_ms is None or self._reached_ms < batch[-1].open_ms

    def add_stored(self, page: Iterable[Bar], before_ms: int) -> None:
        """The next stored bars; those that open before the exchange's next one are done with at once."""
        for bar in page:
            self._reached_ms = bar.open_ms
            self._stored.append(bar)
        self._pass(before_ms)

    def take(self, batch: Iterable[Bar]) -> Iterator[Finding]:
        """The exchange's next bars, stored ones being at hand as far as they go."""
        for theirs in batch:
            self._pass(theirs.open_ms)
            self._show(theirs)
            ours = self._stored[0] if self._stored and self._stored[0].open_ms == theirs.open_ms else None
            if ours is None:
                self._miss(theirs)
            else:
                self._matched_ms = ours.open_ms
                self._end_missing()
                opens_at = theirs.open if self._opens_at_previous_close else None
                if found := _difference(ours, theirs, opens_at):
                    self._ready.append(found)
            yield from self._give()

    def end(self) -> Iterator[Finding]:
        """The exchange shows no more."""
        self._end_missing()
        yield from self._give()

    def _pass(self, before_ms: int) -> None:
        """Done with stored bars that the exchange did not show."""
        while self._stored and self._stored[0].open_ms < before_ms:
            ours = self._stored.popleft()
            if ours.open_ms == self._matched_ms:
                continue
            if self._missing and ours.open_ms >= self._missing[-1].end_ms:
                self._end_missing()
            if ours.state is State.CONFIRMED and self._shown_ms is not None and not self._told.extra.hold(ours):
                self._extra = [*self._extra[:1], ours]

    def _show(self, theirs: Bar) -> None:
        # Three-day bars of another grid lie between the exchange's all along: those are missing, and told as that.
        if self._extra and theirs.open_ms >= self._extra[-1].end_ms:
            if self._shown_ms is not None and self._proves(self._shown_ms, theirs.open_ms):
                first, last = self._extra[0], self._extra[-1]
                self._told.extra.add(first.open_ms, last.end_ms)
                self._ready.append(_extra(first, last))
            self._extra = []
        self._shown_ms = theirs.open_ms

    def _miss(self, theirs: Bar) -> None:
        if theirs.state is not State.FORMING and not self._told.missing.hold(theirs):
            self._missing = [*self._missing[:1], theirs]

    def _end_missing(self) -> None:
        if self._missing:
            first, last = self._missing[0], self._missing[-1]
            self._told.missing.add(first.open_ms, last.end_ms)
            self._ready.append(_missing(first, last))
            self._missing = []

    def _give(self) -> Iterator[Finding]:
        yield from self._ready
        self._ready.clear()


def _missing(first: Bar, last: Bar) -> Finding:
    text = f"{missing_text(first.period, first.open_ms, last.end_ms)} that the exchange has"
    return Finding(Kind.HOLE, first.symbol, first.period, first.open_ms, last.end_ms, text)


def _extra(first: Bar, last: Bar) -> Finding:
    text = missing_text(first.period, first.open_ms, last.end_ms, "confirmed")
    text = f"{text}, but the exchange shows none between others; they stay"
    return Finding(Kind.EXTRA, first.symbol, first.period, first.open_ms, last.end_ms, text)


def _difference(ours: Bar, theirs: Bar, opens_at: Exact | None) -> Finding | None:
    """`opens_at`: the close before, where the exchange's bars open at that."""
    if theirs.state is State.FORMING:
        return None
    if opens_at is not None and confirmed_by(ours, theirs, is_whole=False, opens_at=opens_at)[1]:
        return None
    found = differences(ours, theirs)
    if not found:
        return None
    values = ", ".join(f"{one.field} {one.ours} instead of {one.theirs}" for one in found)
    return of_bar(Kind.DIFFERENCE, ours, f"{ours.state.label}, but {values}", found)
