"""One series of an audit, walked through from its oldest to its newest bar, its children in step with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from klagg_tui.auditing.checks import Coverage, fault_of_evidence, jump, roll_up_finding
from klagg_tui.auditing.findings import Finding, Kind, OrphanRows, Table, missing_text, of_bar
from klagg_tui.auditing.rows import Stretch, Unreadable, outside
from klagg_tui.auditing.tail import Tail
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.importing.units import fault_of_stored
from klagg_tui.storage.symbols import StoredSymbol

_NEVER: Final = 1 << 62


class Children:
    """The smaller bars of a series, at hand up to `reached_ms`."""

    def __init__(self, period: Period, anchor: int, wrong: set[int]) -> None:
        """`wrong`: open times of those found wrong."""
        self.period = period
        self.reached_ms = -1
        self.first_ms: int | None = None
        """When the oldest one opens."""
        self._anchor = anchor
        self._wrong = wrong
        self._bars: deque[Bar] = deque()

    def add(self, page: Sequence[Bar | Unreadable] | None) -> None:
        """The next ones of the history; None: there are no more. What is no bar, or opens where none does, is none."""
        if page is None:
            self.reached_ms = _NEVER
            return
        bars = [bar for bar in page if isinstance(bar, Bar) and self._is_on_grid(bar.open_ms)]
        if bars:
            self._bars.extend(bars)
            self.reached_ms = bars[-1].end_ms
            self.first_ms = bars[0].open_ms if self.first_ms is None else self.first_ms

    def within(self, from_ms: int, to_ms: int) -> list[Bar]:
        """Those that open in a stretch, which must not begin before the end of the last one asked for."""
        found: list[Bar] = []
        bars = self._bars
        while bars and bars[0].open_ms < to_ms:
            bar = bars.popleft()
            if bar.open_ms >= from_ms:
                found.append(bar)
        return found

    def are_sound(self, bars: list[Bar]) -> bool:
        """Whether none of them was found wrong."""
        return not self._wrong or not any(bar.open_ms in self._wrong for bar in bars)

    def _is_on_grid(self, open_ms: int) -> bool:
        return self.period is Period.M1 or self.period.is_on_grid(open_ms, self._anchor)


@dataclass
class Walk:
    """One series from its oldest to its newest bar."""

    number: int
    known: StoredSymbol
    period: Period
    coverage: Coverage | None
    children: Children | None
    now_ms: int | None = None
    """The time, where bars of the future are to be found."""
    market: str | None = None
    """Whose bars they are, by its key."""
    lacked: Sequence[tuple[int, int]] = ()
    """From when to when the exchange has no such bars, in order of time."""
    tail: Tail | None = None
    """Where larger bars are to be remembered that reach on behind the last of the shortest ones."""
    wrong: set[int] = field(default_factory=set)
    """Open times of bars with a finding."""
    _before: Bar | None = None
    _reached_ms: int | None = None

    def take_all(self, page: Iterable[Bar | Unreadable]) -> Iterator[Finding]:
        """The next rows of the history."""
        for read in page:
            if isinstance(read, Unreadable):
                yield self._unreadable(read)
            elif not self._is_on_grid(read.open_ms):
                yield self._off_grid(read)
            elif self._is_future(read):
                yield self._future(read)
            else:
                if read.open_ms != self._reached_ms:
                    yield from self._holes_before(read)
                if finding := self._judged(read) or self._against_children(read):
                    self.wrong.add(read.open_ms)
                    yield finding
                elif self.tail is not None:
                    self.tail.see(read)
                self._before = read
                self._reached_ms = read.end_ms

    def take_current(self, read: Bar | Unreadable, stretch: Stretch) -> Iterator[Finding]:
        """The bar that was forming; bars that are over may reach beyond it when nothing is recorded any more."""
        orphans = OrphanRows(self.number, self.period.ordinal, None, None, Table.FORMING)
        if isinstance(read, Unreadable):
            text = f"the current bar: {read.reason}"
            yield Finding(Kind.UNREADABLE, self.known.symbol, self.period, 0, 0, text, orphans=orphans)
        elif not stretch.holds(read.open_ms) or (self._reached_ms and read.open_ms < self._reached_ms):
            return
        elif not self._is_on_grid(read.open_ms):
            text = f"no {self.period} bar opens there, but the current one does"
            yield of_bar(Kind.OFF_GRID, read, text)._replace(orphans=orphans)
        elif self.now_ms is not None and read.open_ms > self.now_ms:
            yield self._future(read)._replace(orphans=orphans)
        else:
            yield from self._holes_before(read)
            if reason := fault_of_stored(read, self.market):
                yield of_bar(Kind.IMPOSSIBLE, read, f"the current bar: {reason}")._replace(orphans=orphans)

    def _judged(self, bar: Bar) -> Finding | None:
        if fault := fault_of_evidence(bar):
            return of_bar(Kind.STATE, bar, fault)
        if reason := fault_of_stored(bar, self.market) or jump(bar, self._sound_before()):
            return of_bar(Kind.IMPOSSIBLE, bar, reason)
        if bar.state is State.FORMING:
            return of_bar(Kind.STATE, bar, "still forming among bars that are over")
        if bar.state is State.PARTIAL and self.coverage is not None and self.coverage.holds(bar.open_ms):
            return of_bar(Kind.SPAN, bar, "partial, but it lies inside one run of ids")
        return None

    def _sound_before(self) -> Bar | None:
        return None if self._before is None or self._before.open_ms in self.wrong else self._before

    def _against_children(self, bar: Bar) -> Finding | None:
        if self.children is None:
            return None
        children = self.children.within(bar.open_ms, bar.end_ms)
        if not self.children.are_sound(children):
            return None
        return roll_up_finding(bar, children, self.children.period, self.known)

    def _holes_before(self, bar: Bar) -> Iterator[Finding]:
        from_ms, to_ms = self._reached_ms, bar.open_ms
        if from_ms is None or from_ms >= to_ms:
            return
        if self.children and not self.children.within(from_ms, to_ms):
            first_ms = self.children.first_ms
            if first_ms is not None and first_ms <= from_ms:
                return
        for begin, end in outside(from_ms, to_ms, self.lacked):
            yield Finding(Kind.HOLE, bar.symbol, self.period, begin, end, missing_text(self.period, begin, end))

    def _is_on_grid(self, open_ms: int) -> bool:
        # Every minute is one.
        return self.period is Period.M1 or self.period.is_on_grid(open_ms, self.known.anchor)

    def _is_future(self, bar: Bar) -> bool:
        """Whether it opens in the future, or claims to be whole before its end."""
        if self.now_ms is None or bar.end_ms <= self.now_ms:
            return False
        return bar.open_ms > self.now_ms or bar.state is not State.PARTIAL

    def _future(self, bar: Bar) -> Finding:
        is_begun = self.now_ms is not None and bar.open_ms <= self.now_ms
        text = f"{bar.state.label} before its end" if is_begun else "it opens in the future"
        minute = bar.open_ms // MINUTE_MS
        orphans = OrphanRows(self.number, self.period.ordinal, minute, minute)
        self.wrong.add(bar.open_ms)
        return of_bar(Kind.IMPOSSIBLE, bar, text)._replace(orphans=orphans)

    def _off_grid(self, bar: Bar) -> Finding:
        minute = bar.open_ms // MINUTE_MS
        if bar.state is State.CONFIRMED and self.period.is_on_grid(bar.open_ms):
            # A three-day bar: whose days are right the exchange alone can say, and this one may be its own.
            text = f"confirmed, but the symbol's other {self.period} bars open on other days"
            return of_bar(Kind.OFF_GRID, bar, text)
        orphans = OrphanRows(self.number, self.period.ordinal, minute, minute)
        return of_bar(Kind.OFF_GRID, bar, f"no {self.period} bar opens there")._replace(orphans=orphans)

    def _unreadable(self, read: Unreadable) -> Finding:
        number, period, minute = read.row[:3]
        from_ms = to_ms = 0
        if isinstance(minute, int) and self._reached_ms is not None and minute * MINUTE_MS == self._reached_ms:
            from_ms, to_ms = self._reached_ms, self.period.end_ms(self._reached_ms)
            self._reached_ms = to_ms
        orphans = OrphanRows(number, period, minute, minute)
        return Finding(Kind.UNREADABLE, self.known.symbol, self.period, from_ms, to_ms, read.reason, orphans=orphans)
