"""Is what is stored true in itself? Every bar looked at once, every larger bar held against its children.

One cause is reported once: a larger bar is not measured by children that were found wrong themselves, nor missed where its
children are missing too. Partial bars say of themselves that trades are missing; they are no finding.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.auditing.checks import Coverage, span_findings
from klagg_tui.auditing.findings import Finding, Kind, OrphanRows
from klagg_tui.auditing.rows import (
    EVERYTHING,
    PAGE,
    Stretch,
    Unreadable,
    all_series,
    current,
    history,
    not_to_be_had,
)
from klagg_tui.auditing.tail import Tail
from klagg_tui.auditing.walk import Children, Walk
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period, child_of
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.disk_errors import missing
from klagg_tui.storage.opening import has_database, open_reader
from klagg_tui.storage.queries import spans_of
from klagg_tui.storage.symbols import StoredSymbol, Symbols, anchor_of_stored
from klagg_tui.storage.venues import Naming, naming_to_read

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
    now_ms: int | None = None
    """The time at the beginning, behind which no bar can be whole; None: the file's market has another time than this machine."""
    passed_ms: Callable[[], float] = lambda: 0.0
    """How long ago that was: while many bars are looked at, newer ones may be written."""

    @property
    def latest_ms(self) -> int | None:
        """The time by now, where it is known."""
        return None if self.now_ms is None else self.now_ms + math.ceil(self.passed_ms())


async def audit(path: Path, scope: Scope | None = None) -> AsyncIterator[Finding]:
    """Look at a database, while another process may write to it; findings come as they are met.

    Raises:
        StorageError: there is no database, or it cannot be read.
    """
    if not has_database(path):
        raise missing(path)
    connection = await open_reader(path)
    try:
        async for finding in _Audit(connection, scope or Scope()).findings():
            yield finding
    finally:
        await connection.close()


class _Audit:
    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope
        self._bars = 0
        self._naming = Naming()

    async def findings(self) -> AsyncIterator[Finding]:
        self._naming = await naming_to_read(self._connection)
        symbols = await Symbols.read(self._connection, self._naming)
        series = await all_series(self._connection)
        wanted = [number for number, name in symbols.names.items() if self._is_wanted(name)]
        if self._scope.symbols is None:
            for number, periods in series.items():
                for finding in _orphans(number, periods, symbols.names):
                    yield finding
        for done, number in enumerate(wanted):
            name = symbols.names[number]
            self._scope.on_progress(AuditProgress(name, done, len(wanted), self._bars))
            if self._scope.should_stop():
                return
            async for finding in self._of_symbol(
                number, symbols.known[number], symbols.marks[number], series.get(number, [])
            ):
                yield finding
        self._scope.on_progress(AuditProgress("all symbols", len(wanted), len(wanted), self._bars))

    def _is_wanted(self, name: str) -> bool:
        return self._scope.symbols is None or name in self._scope.symbols

    async def _of_symbol(
        self, number: int, known: StoredSymbol, market: str | None, numbers: list[int]
    ) -> AsyncIterator[Finding]:
        """One snapshot for a symbol, so that a writer beside us cannot come between bars and their children."""
        await self._connection.rows("BEGIN")
        try:
            if (anchor := await anchor_of_stored(self._connection, self._naming, number, known)) is not None:
                known = known._replace(anchor=anchor)
            spans = await spans_of(self._connection, known.symbol, number)
            for finding in span_findings(spans):
                yield finding
            periods = tuple(_PERIODS[one] for one in numbers if one in range(len(_PERIODS)))
            wrong: dict[Period, set[int]] = {}
            lacked = await not_to_be_had(self._connection, number)
            tail = await Tail.of(self._connection, number, known, periods[0]) if periods else None
            for period in periods:
                child = child_of(period, periods)
                is_child = child in wrong and child.divides(period)
                children = Children(child, known.anchor, wrong[child]) if is_child else None
                walk = Walk(
                    number,
                    known,
                    period,
                    Coverage(spans) if period is Period.M1 else None,
                    children,
                    self._scope.latest_ms,
                    market,
                    lacked.get(period.ordinal, ()),
                    tail,
                )
                async for finding in self._series(number, walk, child if is_child else None):
                    yield finding
                wrong[period] = walk.wrong
            if tail is not None:
                of_shortest = lacked.get(periods[0].ordinal, ())
                for finding in await tail.findings(
                    self._connection, self._scope.stretch, of_shortest, wrong[periods[0]]
                ):
                    yield finding
        finally:
            await self._connection.rows("COMMIT")

    async def _series(self, number: int, walk: Walk, child: Period | None) -> AsyncIterator[Finding]:
        names = {number: walk.known.symbol}
        children = aiter(self._pages_of(number, walk, child)) if child else None
        async for page in history(
            self._connection, names, number, walk.period, self._scope.stretch, _page_size(walk, child)
        ):
            self._bars += len(page)
            await _fetch_children(walk, children, page)
            for finding in walk.take_all(page):
                yield finding
        now = await current(self._connection, names, number, walk.period)
        if now is not None:
            await _fetch_children(walk, children, [now])
            for finding in walk.take_current(now, self._scope.stretch):
                yield finding

    def _pages_of(self, number: int, walk: Walk, child: Period) -> AsyncIterator[Sequence[Bar | Unreadable]]:
        """Children of all of the bars looked at."""
        stretch = self._scope.stretch
        if stretch.to_ms is not None:
            stretch = stretch._replace(to_ms=walk.period.end_ms(walk.period.open_ms(stretch.to_ms, walk.known.anchor)))
        return history(self._connection, {number: walk.known.symbol}, number, child, stretch)


async def _fetch_children(
    walk: Walk, pages: AsyncIterator[Sequence[Bar | Unreadable]] | None, page: Sequence[Bar | Unreadable]
) -> None:
    """Have the children of all bars of a page at hand."""
    if pages is None or walk.children is None:
        return
    to_ms = max((bar.end_ms for bar in page if isinstance(bar, Bar)), default=0)
    while walk.children.reached_ms < to_ms:
        walk.children.add(await anext(pages, None))


def _page_size(walk: Walk, child: Period | None) -> int:
    """So many that their children fit into memory beside them."""
    return PAGE if child is None else max(1, PAGE * child.nominal_ms // walk.period.nominal_ms)


def _orphans(number: int, periods: list[int], names: Mapping[int, str]) -> Iterator[Finding]:
    """Series whose symbol or period there is not."""
    for period in periods:
        name = names.get(number, f"#{number}")
        orphans = OrphanRows(number, period, None, None)
        if number not in names:
            yield Finding(
                Kind.UNREADABLE,
                name,
                None,
                0,
                0,
                f"bars of symbol number {number}, which there is not",
                orphans=orphans,
            )
        elif period not in range(len(_PERIODS)):
            yield Finding(
                Kind.UNREADABLE,
                name,
                None,
                0,
                0,
                f"bars of period number {period}, which there is not",
                orphans=orphans,
            )
