"""Stored bars against the exchange's own, field by field; whoever asks says where those come from."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from klagg_tui.auditing.auditor import AuditProgress, Scope
from klagg_tui.auditing.findings import Finding, Kind, differences, of_bar
from klagg_tui.auditing.rows import Stretch, all_series, history
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import BadFile
from klagg_tui.importing.bars import KlineRows
from klagg_tui.importing.detect import Kind as FileKind
from klagg_tui.importing.detect import Source, plan
from klagg_tui.importing.source import blocks
from klagg_tui.importing.trades import Tally
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.opening import open_reader
from klagg_tui.storage.symbols import Symbols

ReferenceBars: TypeAlias = Callable[[str, Period, int, int], AsyncIterator[Sequence[Bar]]]
"""The exchange's bars of a symbol and period that open in a stretch, oldest first."""

_PERIODS: Final = tuple(Period)
_ENDS: Final = (
    "SELECT min(minute), max(minute) FROM history WHERE symbol = ? AND period = ? AND typeof(minute) = 'integer'"
)


async def differing(
    path: Path, theirs: ReferenceBars, scope: Scope, periods: Collection[Period] | None = None
) -> AsyncIterator[Finding]:
    """Where stored bars that are over differ from the exchange's; bars that only one side has are no difference.

    Raises:
        StorageError: the database cannot be read.
        ExchangeError: the exchange cannot be asked.
    """
    seen = 0

    async def counted(symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        nonlocal seen
        async for batch in theirs(symbol, period, from_ms, to_ms):
            seen += len(batch)
            yield batch

    link = await open_reader(path)
    try:
        symbols = await Symbols.read(link)
        series = await all_series(link)
        wanted = [
            (number, name) for number, name in symbols.names.items() if scope.symbols is None or name in scope.symbols
        ]
        for done, (number, name) in enumerate(wanted):
            scope.on_progress(AuditProgress(name, done, len(wanted), seen))
            for one in series.get(number, []):
                if one not in range(len(_PERIODS)) or (periods is not None and _PERIODS[one] not in periods):
                    continue
                if scope.should_stop():
                    return
                async for finding in _of_series(link, number, name, _PERIODS[one], counted, scope.stretch):
                    yield finding
    finally:
        await link.close()


async def _of_series(
    link: Connection, number: int, name: str, period: Period, theirs: ReferenceBars, stretch: Stretch
) -> AsyncIterator[Finding]:
    ends = (await link.rows(_ENDS, (number, period.ordinal)))[0]
    if ends[0] is None:
        return
    from_ms = max(ends[0] * MINUTE_MS, stretch.from_ms or 0)
    to_ms = ends[1] * MINUTE_MS + 1
    if stretch.to_ms is not None:
        to_ms = min(to_ms, stretch.to_ms)
    mine: deque[Bar] = deque()
    pages = history(link, {number: name}, number, period, Stretch(from_ms, to_ms))
    async for batch in theirs(name, period, from_ms, to_ms):
        for bar in batch:
            while not mine or mine[-1].open_ms < bar.open_ms:
                page = await anext(pages, None)
                if page is None:
                    break
                mine.extend(one for one in page if isinstance(one, Bar))
            while mine and mine[0].open_ms < bar.open_ms:
                mine.popleft()
            if mine and (found := _difference(mine[0], bar)):
                yield found


def _difference(ours: Bar, theirs: Bar) -> Finding | None:
    if ours.open_ms != theirs.open_ms or theirs.state is State.FORMING:
        return None
    found = differences(ours, theirs)
    if not found:
        return None
    told = ", ".join(f"{one.field} {one.ours} instead of {one.theirs}" for one in found)
    return of_bar(Kind.DIFFERENCE, ours, f"{ours.state.label}, but {told}", found)


class ArchiveBars:
    """The exchange's bars as its archive files have them: a `ReferenceBars`."""

    def __init__(self, paths: Sequence[Path], symbol: str | None = None) -> None:
        """Look at the files.

        Raises:
            BadFile: one of them holds no bars.
        """
        sources, failures = plan(paths, symbol)
        if failures:
            raise BadFile(failures[0])
        for source in sources:
            if source.kind is not FileKind.BARS:
                raise BadFile(f"{source.path} holds no bars; an audit compares with the exchange's kline archives.")
        self._sources = sources
        self._periods: dict[Path, Period] = {}
        self.symbols = {source.symbol for source in sources if source.symbol}

    async def __call__(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        """See `ReferenceBars`."""
        for source in self._sources:
            if source.symbol == symbol and self._periods.get(source.path, period) is period:
                for batch in self._read(source, symbol):
                    yield sorted(bar for bar in batch if bar.period is period and from_ms <= bar.open_ms < to_ms)

    def _read(self, source: Source, symbol: str) -> Iterator[list[Bar]]:
        rows = KlineRows(symbol, Tally(), source.name.period)
        for block in blocks(source.path):
            if batch := rows.read(block):
                self._periods[source.path] = batch[0].period
                yield batch
