"""The exchange's own bars, which stored ones are held against and repaired with; whoever audits says where they come from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile
from klagg_tui.importing.detect import FileKind, SourceFile, plan
from klagg_tui.importing.markets import settle
from klagg_tui.importing.read import read_bars
from klagg_tui.importing.sorting import Row, Sorter
from klagg_tui.importing.tally import Tally
from klagg_tui.names import Name

ReferenceBars: TypeAlias = Callable[[str, Period, int, int], AsyncIterator[Sequence[Bar]]]
"""The exchange's bars of a symbol and period that open in a stretch, oldest first."""


class ArchiveBars:
    """The exchange's bars as its archive files have them: a `ReferenceBars`."""

    def __init__(
        self, paths: Sequence[Path], symbol: str | None = None, held: Sequence[str] = (), known: Sequence[str] = ()
    ) -> None:
        """Look at the files; `held` are the marks of the venues whose bars they are held against; `known`: see `detect`.

        Raises:
            BadFile: one of them holds no bars, or those of another market.
        """
        sources, failures = plan(paths, symbol, known=known)
        if failures:
            raise BadFile(failures[0])
        for source in sources:
            if source.kind is not FileKind.BARS:
                raise BadFile(f"{source.path} holds no bars; an audit compares with the exchange's kline archives.")
        settled = settle(sources, None, held, may_add=False)
        if settled.failures:
            raise BadFile(settled.failures[0])
        self._sources = settled.files
        self._periods: dict[Path, frozenset[Period]] = {}
        self._is_qualified = len(held) > 1
        self.symbols = set(map(self._name_of, self._sources))
        self._tallies: dict[Path, Tally] = {}
        self._ends: dict[tuple[Path, Period], tuple[int, int]] = {}
        """When the first and the last bar of each file open."""

    async def __call__(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Bar]]:
        """See `ReferenceBars`; the rows of the files may lie in any order."""
        with Sorter(0) as sorter:
            for source in self._sources:
                if self._name_of(source) == symbol and period in self._periods.get(source.path, {period}):
                    for batch in self._read(source):
                        wanted = (bar for bar in batch if bar.period is period and from_ms <= bar.open_ms < to_ms)
                        sorter.add([_values(bar) for bar in wanted])
                        await asyncio.sleep(0)
            for rows in sorter.batches(_AT_ONCE):
                yield [_bar(symbol, period, row) for row in rows]

    def _name_of(self, source: SourceFile) -> str:
        """What the database calls its symbol."""
        return str(Name(source.market.key if self._is_qualified else "", source.symbol or ""))

    def _read(self, source: SourceFile) -> Iterator[list[Bar]]:
        tally, periods = Tally(), set[Period]()
        for block in read_bars(source, tally):
            periods.update(bar.period for bar in block.bars)
            self._note_ends(source.path, block.bars)
            yield block.bars
        self._periods[source.path] = frozenset(periods)
        self._tallies[source.path] = tally

    def _note_ends(self, path: Path, bars: Sequence[Bar]) -> None:
        for bar in bars:
            first_ms, last_ms = self._ends.get((path, bar.period), (bar.open_ms, bar.open_ms))
            self._ends[path, bar.period] = min(first_ms, bar.open_ms), max(last_ms, bar.open_ms)

    def holds(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> bool:
        """Whether one file, read as a whole, has bars of the series from one open time to another, or around them."""
        for source in self._sources:
            first_ms, last_ms = self._ends.get((source.path, period), (to_ms, from_ms))
            if (
                self._name_of(source) == symbol
                and first_ms <= from_ms
                and to_ms <= last_ms
                and not self._tallies[source.path].bad
            ):
                return True
        return False

    def unread(self) -> list[str]:
        """A sentence for each file that has rows which could not be read, and so were not compared."""
        return [
            f"Rows of {path} that could not be read, and so were not compared: {tally.bad:,}; {tally.first_bad[0]}."
            for path, tally in self._tallies.items()
            if tally.bad
        ]


_AT_ONCE: Final = 2_000


def _values(bar: Bar) -> Row:
    """What differs between the bars of a series, as plain numbers, the time first."""
    return (*bar[2:12], int(bar.state), bar.evidence)


def _bar(symbol: str, period: Period, values: Row) -> Bar:
    *numbers, state, evidence = values
    return Bar._make((symbol, period, *numbers, State(state), evidence))
