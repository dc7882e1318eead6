"""What is stored, asked of another one: the answers of a `Feed` that holds nothing itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import Period
from klagg_tui.feed import Archive

if TYPE_CHECKING:  # as in `feed`
    from klagg_tui.exporting.exporter import Estimate, Exported, OnProgress, ShouldStop
    from klagg_tui.exporting.format import Format
    from klagg_tui.exporting.selection import Selection

T = TypeVar("T")


class Asking(ABC):
    """An `Archive` that hands on what it is asked."""

    @abstractmethod
    async def put_question(self, question: Callable[[Archive], Awaitable[T]]) -> T:
        """Ask it of whoever answers."""

    async def history(self, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        """See `Archive.history`."""
        return await self.put_question(lambda archive: archive.history(symbol, period, before_ms, count))

    async def columns(
        self,
        symbols: Sequence[str],
        period: Period,
        from_ms: int,
        fields: Collection[str] = COLUMN_FIELDS,
        *,
        to_ms: int | None = None,
    ) -> Mapping[str, BarColumns]:
        """See `Archive.columns`."""
        return await self.put_question(lambda archive: archive.columns(symbols, period, from_ms, fields, to_ms=to_ms))

    async def derivatives(self, symbol: str, edges_ms: Sequence[int]) -> tuple[DerivativeMinute, ...]:
        """See `Archive.derivatives`."""
        return await self.put_question(lambda archive: archive.derivatives(symbol, edges_ms))

    async def estimate(self, selection: Selection, form: Format) -> Estimate:
        """See `Archive.estimate`."""
        return await self.put_question(lambda archive: archive.estimate(selection, form))

    async def export(
        self,
        selection: Selection,
        target: Path,
        form: Format,
        *,
        is_split: bool,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Exported:
        """See `Archive.export`."""
        return await self.put_question(
            lambda archive: archive.export(
                selection, target, form, is_split=is_split, on_progress=on_progress, should_stop=should_stop
            )
        )
