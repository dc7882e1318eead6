"""Is what is stored true in itself? Every bar looked at once, every larger bar held against its children.

One cause is told once: a larger bar is not measured by children that were found wrong themselves, nor missed where its
children are missing too. Partial bars say of themselves that trades are missing; they are no finding.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import Span
from klagg_tui.engine.period import MINUTE_MS, Period, child_of
from klagg_tui.errors import StorageError
from klagg_tui.storage.audit_checks import Coverage, fault, jump, roll_up_finding, span_findings
from klagg_tui.storage.audit_findings import Finding, Kind, Stray, of_bar
from klagg_tui.storage.audit_rows import EVERYTHING, Stretch, Unreadable, all_series, current, history
from klagg_tui.storage.link import Link
from klagg_tui.storage.opening import look_at, open_reader
from klagg_tui.storage.symbols import StoredSymbol, Symbols

_PERIODS: Final = tuple(Period)


class AuditProgress(NamedTuple):
    """How far an audit has come."""

    symbol: str
    done: int
    total: int
    """Symbols."""
    bars: int
    """Looked at so far."""


@dataclass
class Scope:
    """What is looked at."""

    symbols: Collection[str] | None = None
    """None: all."""
    stretch: Stretch = EVERYTHING
    on_progress: Callable[[AuditProgress], None] = lambda _: None
    should_stop: Callable[[], bool] = lambda: False


async def audit(path: Path, scope: Scope | None = None) -> AsyncIterator[Finding]:
    """Look at a database, while another process may write to it; findings come as they are met.

    Raises:
        StorageError: there is no database, or it cannot be read.
    """
    if not look_at(path):
        raise StorageError(
            f"There is no database at {path} yet; `klagg import` or `klagg` makes one, --db names another."
        )
    link = await open_reader(path)
    try:
        async for finding in _Audit(link, scope or Scope()).findings():
            yield finding
    finally:
        await link.close()


class _Audit:
    def __init__(self, link: Link, scope: Scope) -> None:
        self._link = link
        self._scope = scope
        self._bars = 0

    async def findings(self) -> AsyncIterator[Finding]:
        symbols = await Symbols.read(self._link)
        series = await all_series(self._link)
        wanted = [number for number, name in symbols.names.items() if self._is_wanted(name)]
        if self._scope.symbols is None:
            for number, periods in series.items():
                for finding in _strays(number, periods, symbols.names):
                    yield finding
        for done, number in enumerate(wanted):
            name = symbols.names[number]
            self._scope.on_progress(AuditProgress(name, done, len(wanted), self._bars))
            if self._scope.should_stop():
                return
            async for finding in self._of_symbol(number, symbols.known[number], series.get(number, [])):
                yield finding

    def _is_wanted(self, name: str) -> bool:
        return self._scope.symbols is None or name in self._scope.symbols

    async def _of_symbol(self, number: int, known: StoredSymbol, numbers: list[int]) -> AsyncIterator[Finding]:
        """One snapshot for a symbol, so that a writer beside us cannot come between bars and their children."""
        await self._link.rows("BEGIN")
        try:
            rows = await self._link.rows("SELECT * FROM spans WHERE symbol = ? ORDER BY first_id", (number,))
            spans = [Span(known.symbol, *row[1:]) for row in rows]
            for finding in span_findings(spans):
                yield finding
            periods = tuple(_PERIODS[one] for one in numbers if one in range(len(_PERIODS)))
            wrong: dict[Period, set[int]] = {}
            for period in periods:
                child = child_of(period, periods)
                children = None
                if child in wrong and child.divides(period):
                    children = _Children(self._bars_of(number, known, child, period), child, wrong[child])
                walk = _Walk(number, known, period, Coverage(spans) if period is Period.M1 else None, children)
                async for finding in self._series(number, walk):
                    yield finding
                wrong[period] = walk.wrong
        finally:
            await self._link.rows("COMMIT")

    async def _series(self, number: int, walk: _Walk) -> AsyncIterator[Finding]:
        names = {number: walk.known.symbol}
        async for read in history(self._link, names, number, walk.period, self._scope.stretch):
            self._bars += 1
            async for finding in walk.take(read):
                yield finding
        now = await current(self._link, names, number, walk.period)
        if now is not None:
            async for finding in walk.take_current(now, self._scope.stretch):
                yield finding

    async def _bars_of(self, number: int, known: StoredSymbol, period: Period, parent: Period) -> AsyncIterator[Bar]:
        """Readable bars that open where they should, for all of the parents looked at."""
        stretch = self._scope.stretch
        if stretch.to_ms is not None:
            end_ms = parent.end_ms(parent.open_ms(stretch.to_ms, known.anchor))
            stretch = stretch._replace(to_ms=end_ms)
        async for read in history(self._link, {number: known.symbol}, number, period, stretch):
            if isinstance(read, Bar) and period.open_ms(read.open_ms, known.anchor) == read.open_ms:
                yield read


class _Children:
    """The smaller bars of a series, taken in step with its larger ones."""

    def __init__(self, bars: AsyncIterator[Bar], period: Period, wrong: set[int]) -> None:
        self.period = period
        self._bars = bars
        self._wrong = wrong
        self._next: Bar | None = None
        self._is_begun = False
        self.first_ms: int | None = None
        """When the oldest one opens."""

    async def within(self, from_ms: int, to_ms: int) -> list[Bar]:
        """Those that open in a stretch, which must not begin before the end of the last one asked for."""
        if not self._is_begun:
            self._is_begun = True
            await self._advance()
            self.first_ms = self._next.open_ms if self._next else None
        found: list[Bar] = []
        while self._next is not None and self._next.open_ms < to_ms:
            if self._next.open_ms >= from_ms:
                found.append(self._next)
            await self._advance()
        return found

    def are_sound(self, bars: list[Bar]) -> bool:
        """Whether none of them was found wrong."""
        return not self._wrong or not any(bar.open_ms in self._wrong for bar in bars)

    async def _advance(self) -> None:
        self._next = await anext(self._bars, None)


@dataclass
class _Walk:
    """One series from its oldest to its newest bar."""

    number: int
    known: StoredSymbol
    period: Period
    coverage: Coverage | None
    children: _Children | None
    wrong: set[int] = field(default_factory=set)
    """Open times of bars with a finding."""
    _before: Bar | None = None
    _reached_ms: int | None = None

    async def take(self, read: Bar | Unreadable) -> AsyncIterator[Finding]:
        """The next row of the history."""
        if isinstance(read, Unreadable):
            yield self._unreadable(read)
            return
        if not self._is_on_grid(read.open_ms):
            yield self._off_grid(read)
            return
        if hole := await self._hole_before(read):
            yield hole
        found = list(self._judged(read)) or await self._against_children(read)
        if found:
            self.wrong.add(read.open_ms)
        for finding in found:
            yield finding
        self._before = read
        self._reached_ms = read.end_ms

    async def take_current(self, read: Bar | Unreadable, stretch: Stretch) -> AsyncIterator[Finding]:
        """The bar that was forming; bars that are over may reach beyond it when nothing is recorded any more."""
        stray = Stray(self.number, self.period.ordinal, None, None, "forming")
        if isinstance(read, Unreadable):
            text = f"the current bar: {read.reason}"
            yield Finding(Kind.UNREADABLE, self.known.symbol, self.period, 0, 0, text, stray=stray)
        elif not stretch.holds(read.open_ms) or (self._reached_ms and read.open_ms < self._reached_ms):
            return
        elif not self._is_on_grid(read.open_ms):
            text = f"no {self.period} bar opens there, but the current one does"
            yield of_bar(Kind.OFF_GRID, read, text)._replace(stray=stray)
        else:
            if hole := await self._hole_before(read):
                yield hole
            if reason := fault(read):
                yield of_bar(Kind.IMPOSSIBLE, read, f"the current bar: {reason}")._replace(stray=stray)

    def _judged(self, bar: Bar) -> Iterator[Finding]:
        is_whole = self.coverage is not None and self.coverage.holds(bar.open_ms)
        if reason := fault(bar) or jump(bar, self._sound_before()):
            yield of_bar(Kind.IMPOSSIBLE, bar, reason)
        elif bar.state is State.FORMING:
            yield of_bar(Kind.STATE, bar, "still forming among bars that are over")
        elif bar.state is State.PARTIAL and is_whole:
            yield of_bar(Kind.SPAN, bar, "partial, but it lies inside one run of ids")

    def _sound_before(self) -> Bar | None:
        return None if self._before is None or self._before.open_ms in self.wrong else self._before

    async def _against_children(self, bar: Bar) -> list[Finding]:
        if self.children is None:
            return []
        children = await self.children.within(bar.open_ms, bar.end_ms)
        if not self.children.are_sound(children):
            return []
        finding = roll_up_finding(bar, children, self.children.period, self.known)
        return [finding] if finding else []

    async def _hole_before(self, bar: Bar) -> Finding | None:
        from_ms, to_ms = self._reached_ms, bar.open_ms
        if from_ms is None or from_ms >= to_ms:
            return None
        if self.children and not await self.children.within(from_ms, to_ms):
            first_ms = self.children.first_ms
            if first_ms is not None and first_ms <= from_ms:
                return None
        return Finding(Kind.HOLE, bar.symbol, self.period, from_ms, to_ms, _missing(self.period, from_ms, to_ms))

    def _is_on_grid(self, open_ms: int) -> bool:
        return self.period.open_ms(open_ms, self.known.anchor) == open_ms

    def _off_grid(self, bar: Bar) -> Finding:
        minute = bar.open_ms // MINUTE_MS
        stray = Stray(self.number, self.period.ordinal, minute, minute)
        return of_bar(Kind.OFF_GRID, bar, f"no {self.period} bar opens there")._replace(stray=stray)

    def _unreadable(self, read: Unreadable) -> Finding:
        number, period, minute = read.row[:3]
        from_ms = to_ms = 0
        if isinstance(minute, int) and self._reached_ms is not None and minute * MINUTE_MS == self._reached_ms:
            from_ms, to_ms = self._reached_ms, self.period.end_ms(self._reached_ms)
            self._reached_ms = to_ms
        stray = Stray(number, period, minute, minute)
        return Finding(Kind.UNREADABLE, self.known.symbol, self.period, from_ms, to_ms, read.reason, stray=stray)


def _strays(number: int, periods: list[int], names: Mapping[int, str]) -> Iterator[Finding]:
    """Series whose symbol or period there is not."""
    for period in periods:
        name = names.get(number, f"#{number}")
        stray = Stray(number, period, None, None)
        if number not in names:
            yield Finding(
                Kind.UNREADABLE, name, None, 0, 0, f"bars of symbol number {number}, which there is not", stray=stray
            )
        elif period not in range(len(_PERIODS)):
            yield Finding(
                Kind.UNREADABLE, name, None, 0, 0, f"bars of period number {period}, which there is not", stray=stray
            )


def _missing(period: Period, from_ms: int, to_ms: int) -> str:
    count = -(-(to_ms - from_ms) // period.nominal_ms)
    return f"{count:,} {period} bars are missing" if count > 1 else f"a {period} bar is missing"
