"""The exchange's own bars, which stored ones are held against and repaired with; whoever audits says where they come from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile
from klagg_tui.importing.detect import FileKind, SourceFile, plan
from klagg_tui.importing.read import read_bars
from klagg_tui.importing.tally import Tally

ReferenceBars: TypeAlias = Callable[[str, Period, int, int], AsyncIterator[Sequence[Bar]]]
"""The exchange's bars of a symbol and period that open in a stretch, oldest first."""


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
                for batch in self._read(source):
                    yield sorted(bar for bar in batch if bar.period is period and from_ms <= bar.open_ms < to_ms)

    def _read(self, source: SourceFile) -> Iterator[list[Bar]]:
        for block in read_bars(source, Tally()):
            if block.bars:
                self._periods[source.path] = block.bars[0].period
                yield block.bars
