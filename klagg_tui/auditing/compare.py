"""Stored bars against the exchange's own, field by field and stretch by stretch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from klagg_tui.auditing.auditor import AuditProgress, Scope
from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.auditing.reference import ArchiveBars, ReferenceBars
from klagg_tui.auditing.rows import Stretch, all_series, first_open_ms, history, last_open_ms
from klagg_tui.auditing.sides import Sides, Told
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.opening import open_reader
from klagg_tui.storage.symbols import StoredSymbol, Symbols
from klagg_tui.storage.venues import naming_to_read

_PERIODS: Final = tuple(Period)
_FAR_MS: Final = 4_102_444_800_000
"""The year 2100: all that the exchange has lies before it."""


async def find_differences(
    path: Path,
    reference: ReferenceBars,
    scope: Scope,
    periods: Collection[Period] | None = None,
    *,
    previous_close: Collection[str] = (),
) -> AsyncIterator[Finding]:
    """Where stored bars that are over differ from the exchange's, and stretches of bars that only one side has.

    Those that only the exchange has are told between the first and the last stored bar of a series, and of a symbol that is
    no longer traded on to its end; those that only the database has where they are confirmed and lie between bars that the
    exchange shows.

    `previous_close`: labels of venues whose bars open at the close of the one before.

    Raises:
        StorageError: the database cannot be read.
        ExchangeError: the exchange cannot be asked.
    """
    connection = await open_reader(path)
    try:
        async for finding in _Comparison(connection, reference, scope, periods, previous_close).findings():
            yield finding
    finally:
        await connection.close()


class Known:
    """Findings of an audit and of comparisons together, in the order they came: what was found once is told once."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._of_series: dict[tuple[object, object], dict[Finding, None]] = {}
        self._places: dict[tuple[object, object, int], int] = {}
        """Up to when something was found, by symbol, period and from when."""
        self._all: dict[Finding, None] = {}
        for finding in findings:
            self._put(finding)

    @property
    def findings(self) -> list[Finding]:
        """All that are told."""
        return list(self._all)

    def add(self, finding: Finding) -> None:
        """One of a comparison. A hole takes the place of smaller ones inside it, and is left out inside a larger one."""
        if finding.kind is not Kind.HOLE:
            if finding.to_ms > self._places.get(finding[1:4], 0):
                self._put(finding)
            return
        beside = self._of_series.get(finding[1:3], {})
        if any(_holds(other, finding) for other in beside):
            return
        for inner in [other for other in beside if other.kind is Kind.HOLE and _holds(finding, other)]:
            del beside[inner], self._all[inner]
        self._put(finding)

    def _put(self, finding: Finding) -> None:
        if finding.kind in {Kind.HOLE, Kind.UNREADABLE}:
            self._of_series.setdefault(finding[1:3], {})[finding] = None
        self._places[finding[1:4]] = max(finding.to_ms, self._places.get(finding[1:4], 0))
        self._all[finding] = None


class _Comparison:
    def __init__(
        self,
        connection: Connection,
        reference: ReferenceBars,
        scope: Scope,
        periods: Collection[Period] | None,
        previous_close: Collection[str],
    ) -> None:
        self._previous_close = previous_close
        self._connection = connection
        self._reference = reference
        self._scope = scope
        self._periods = frozenset(Period if periods is None else periods)
        self._seen = 0

    async def findings(self) -> AsyncIterator[Finding]:
        symbols = await Symbols.read(self._connection, await naming_to_read(self._connection))
        series = await all_series(self._connection)
        wanted = [(number, name) for number, name in symbols.names.items() if self._is_wanted(name)]
        for done, (number, name) in enumerate(wanted):
            self._scope.on_progress(AuditProgress(name, done, len(wanted), self._seen))
            told = Told()
            for one in series.get(number, []):
                if one not in range(len(_PERIODS)) or _PERIODS[one] not in self._periods:
                    continue
                if self._scope.should_stop():
                    return
                opens_before = symbols.labels[number] in self._previous_close
                async for finding in self._of_series(
                    number, symbols.known[number], _PERIODS[one], told, opens_before=opens_before
                ):
                    yield finding

    def _is_wanted(self, name: str) -> bool:
        return self._scope.symbols is None or name in self._scope.symbols

    async def _of_series(
        self, number: int, known: StoredSymbol, period: Period, told: Told, *, opens_before: bool
    ) -> AsyncIterator[Finding]:
        stretch = await self._stretch_of(number, known, period)
        if stretch is None:
            return
        symbol = known.symbol
        sides = Sides(told, partial(_has_all, self._reference, symbol, period), opens_at_previous_close=opens_before)
        pages = history(self._connection, {number: symbol}, number, period, Stretch(*stretch))
        async for batch in self._reference(symbol, period, *stretch):
            if self._scope.should_stop():
                return
            self._seen += len(batch)
            while batch and sides.needs_stored(batch):
                page = await anext(pages, None)
                if page is None:
                    break
                sides.add_stored((one for one in page if isinstance(one, Bar)), batch[0].open_ms)
            for finding in sides.take(batch):
                yield finding
        for finding in sides.end():
            yield finding

    async def _stretch_of(self, number: int, known: StoredSymbol, period: Period) -> tuple[int, int] | None:
        """From when to when bars are compared: between the stored ones, and on behind them if no more will come of themselves."""
        first_ms = await first_open_ms(self._connection, number, period)
        last_ms = await last_open_ms(self._connection, number, period)
        if first_ms is None or last_ms is None:
            return None
        asked = self._scope.stretch
        to_ms = last_ms + 1 if known.active else max(last_ms + 1, self._scope.latest_ms or _FAR_MS)
        return max(first_ms, asked.from_ms or 0), to_ms if asked.to_ms is None else min(to_ms, asked.to_ms)


def _has_all(reference: ReferenceBars, symbol: str, period: Period, from_ms: int, to_ms: int) -> bool:
    """Whether the exchange itself has nothing between two bars that it showed; files may just lack another one."""
    return not isinstance(reference, ArchiveBars) or reference.holds(symbol, period, from_ms, to_ms)


def _holds(outer: Finding, inner: Finding) -> bool:
    return outer.from_ms <= inner.from_ms and inner.to_ms <= outer.to_ms
