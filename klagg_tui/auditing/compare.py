"""Stored bars against the exchange's own, field by field."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Final

from klagg_tui.auditing.auditor import AuditProgress, Scope
from klagg_tui.auditing.findings import Finding, Kind, differences, of_bar
from klagg_tui.auditing.reference import ReferenceBars
from klagg_tui.auditing.rows import Stretch, all_series, history
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.opening import open_reader
from klagg_tui.storage.symbols import Symbols

_PERIODS: Final = tuple(Period)
_ENDS: Final = (
    "SELECT min(minute), max(minute) FROM history WHERE symbol = ? AND period = ? AND typeof(minute) = 'integer'"
)


async def find_differences(
    path: Path, reference: ReferenceBars, scope: Scope, periods: Collection[Period] | None = None
) -> AsyncIterator[Finding]:
    """Where stored bars that are over differ from the exchange's; bars that only one side has are no difference.

    Raises:
        StorageError: the database cannot be read.
        ExchangeError: the exchange cannot be asked.
    """
    connection = await open_reader(path)
    try:
        async for finding in _Comparison(connection, reference, scope, periods).findings():
            yield finding
    finally:
        await connection.close()


class _Comparison:
    def __init__(
        self, connection: Connection, reference: ReferenceBars, scope: Scope, periods: Collection[Period] | None
    ) -> None:
        self._connection = connection
        self._reference = reference
        self._scope = scope
        self._periods = frozenset(Period if periods is None else periods)
        self._seen = 0

    async def findings(self) -> AsyncIterator[Finding]:
        symbols = await Symbols.read(self._connection)
        series = await all_series(self._connection)
        wanted = [(number, name) for number, name in symbols.names.items() if self._is_wanted(name)]
        for done, (number, name) in enumerate(wanted):
            self._scope.on_progress(AuditProgress(name, done, len(wanted), self._seen))
            for one in series.get(number, []):
                if one not in range(len(_PERIODS)) or _PERIODS[one] not in self._periods:
                    continue
                if self._scope.should_stop():
                    return
                async for finding in self._of_series(number, name, _PERIODS[one]):
                    yield finding

    def _is_wanted(self, name: str) -> bool:
        return self._scope.symbols is None or name in self._scope.symbols

    async def _of_series(self, number: int, name: str, period: Period) -> AsyncIterator[Finding]:
        stretch = await self._stretch_of(number, period)
        if stretch is None:
            return
        stored: deque[Bar] = deque()
        pages = history(self._connection, {number: name}, number, period, Stretch(*stretch))
        async for batch in self._reference(name, period, *stretch):
            self._seen += len(batch)
            for bar in batch:
                while not stored or stored[-1].open_ms < bar.open_ms:
                    page = await anext(pages, None)
                    if page is None:
                        break
                    stored.extend(one for one in page if isinstance(one, Bar))
                while stored and stored[0].open_ms < bar.open_ms:
                    stored.popleft()
                if stored and (found := _difference(stored[0], bar)):
                    yield found

    async def _stretch_of(self, number: int, period: Period) -> tuple[int, int] | None:
        """From when to when there are stored bars that are to be looked at."""
        first, last = (await self._connection.rows(_ENDS, (number, period.ordinal)))[0]
        if first is None:
            return None
        asked = self._scope.stretch
        to_ms = last * MINUTE_MS + 1
        return max(first * MINUTE_MS, asked.from_ms or 0), to_ms if asked.to_ms is None else min(to_ms, asked.to_ms)


def _difference(ours: Bar, theirs: Bar) -> Finding | None:
    if ours.open_ms != theirs.open_ms or theirs.state is State.FORMING:
        return None
    found = differences(ours, theirs)
    if not found:
        return None
    values = ", ".join(f"{one.field} {one.ours} instead of {one.theirs}" for one in found)
    return of_bar(Kind.DIFFERENCE, ours, f"{ours.state.label}, but {values}", found)
