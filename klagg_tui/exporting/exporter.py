"""Bars out of the store, into files and pipes; behind the command and the screen alike.

Everything streams: memory does not grow with the number of bars. Files are written beside their place and renamed when
whole, so that neither Ctrl+C nor a full disk leaves half of one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.errors import ExportError
from klagg_tui.exporting.format import Format
from klagg_tui.exporting.output import Output, Target
from klagg_tui.exporting.printf import row_format
from klagg_tui.exporting.selection import Selection, StoredSeries, series_of
from klagg_tui.storage.lines import Lines
from klagg_tui.storage.opening import harm_of
from klagg_tui.storage.store import Store

if TYPE_CHECKING:
    from klagg_tui.exporting.scaled import FramePage


class Estimate(NamedTuple):
    """About what an export comes to."""

    bars: int
    """Before states and filters are looked at."""
    byte_count: int


class ExportProgress(NamedTuple):
    """How far an export has come."""

    series: str
    bars: int
    """Read so far."""
    total_bars: int


@dataclass
class Exported:
    """What came of an export."""

    bars: int = 0
    states: Counter[State] = field(default_factory=Counter)
    paths: list[Path] = field(default_factory=list)
    is_stopped: bool = False
    """It was asked to stop: no file was left behind."""
    is_cut: bool = False
    """Whoever read the pipe had enough."""
    left_out: list[str] = field(default_factory=list)
    """A sentence for each series that cannot be in that format."""
    supposed: list[str] = field(default_factory=list)
    """Symbols whose three-day bars were made without anybody knowing on which days they open."""


OnProgress = Callable[[ExportProgress], None]
ShouldStop = Callable[[], bool]


async def estimate(store: Store, selection: Selection, form: Format) -> Estimate:
    """How many bars a selection has, and about how many bytes they will be."""
    series = await series_of(store, selection, in_text=False)
    stored = await store.lengths([one.wanted for one in series])
    bars = sum(one.made_of(count) for one, count in zip(series, stored, strict=True))
    return Estimate(bars, bars * form.bytes_per_bar)


async def export(
    store: Store,
    selection: Selection,
    target: Target,
    form: Format,
    *,
    is_split: bool = False,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = lambda: False,
) -> Exported:
    """Write the selected bars, symbol by symbol, period by period, oldest first.

    Args:
        is_split: `target` is a folder and gets a file for each symbol and period, for Parquet as a dataset in the
            layout `symbol=BTCUSDT/period=1m/bars.parquet`.

    Raises:
        ExportError: the target cannot be written, is a database or belongs to one, or the selection names what is not there; nothing is left behind.
    """
    series = await series_of(store, selection, in_text=form.is_text)
    series, left_out = _sorted_out(series, form)
    if form.holds_every_digit:
        series = [await _with_every_digit(store, one) for one in series]
    output = Output(target, form, is_split=is_split, is_mixed=selection.is_mixed or len(series) > 1, harm_of=harm_of)
    work = _Export(store, selection, output, on_progress, should_stop)
    work.outcome.left_out = left_out
    try:
        await work.run(series)
    except BaseException:
        output.discard()
        raise
    return work.outcome


def _sorted_out(series: list[StoredSeries], form: Format) -> tuple[list[StoredSeries], list[str]]:
    """The series that can be in a format, and why the others cannot; raises ExportError where none can."""
    faults = [(one, form.fault_of(one.series)) for one in series]
    left_out = [fault for _, fault in faults if fault]
    if len(left_out) == len(series):
        raise ExportError(left_out[0])
    return [one for one, fault in faults if not fault], left_out


async def _with_every_digit(store: Store, one: StoredSeries) -> StoredSeries:
    """The series with as many decimals as its bars have, where that is more than anybody said."""
    needed = await store.decimals(one.wanted)
    return one._replace(series=one.series._replace(precision=one.series.precision.union(needed)))


class _Export:
    """One export under way."""

    def __init__(
        self, store: Store, selection: Selection, output: Output, on_progress: OnProgress, should_stop: ShouldStop
    ) -> None:
        self.outcome = Exported()
        self._store = store
        self._selection = selection
        self._output = output
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._read = 0

    async def run(self, series: list[StoredSeries]) -> None:
        total = sum(await self._store.lengths([one.wanted for one in series]))
        self.outcome.supposed = [one.name for one in series if one.is_supposed]
        try:
            for one in series:
                self._output.begin(one.series)
                async for batch in self._pages(one):
                    self._take(batch)
                    self._on_progress(ExportProgress(one.label, self._read, total))
                    await asyncio.sleep(0)
                    if self._should_stop():
                        self.outcome.is_stopped = True
                        self._output.discard()
                        return
            self._output.finish()
        except BrokenPipeError:
            self.outcome.is_cut = True
        self.outcome.paths = self._output.paths

    def _pages(
        self, one: StoredSeries
    ) -> AsyncIterator[FramePage | list[Bar]] | AsyncIterator[Lines | list[Bar]] | AsyncIterator[list[Bar]]:
        """As text or columns where no bar has to be looked at: the database is faster at writing these."""
        if self._selection.keep is not None or one.stored is not one.series.period:
            return one.pages(self._store)
        if columns := self._output.columns:
            # Late: Polars takes a quarter of a second.
            from klagg_tui.exporting.scaled import reading_of

            return one.mantissas(self._store, reading_of(one.series, columns.layout))
        line = self._output.line
        return one.lines(self._store, row_format(one.series, line)) if line else one.pages(self._store)

    def _take(self, batch: FramePage | Lines | list[Bar]) -> None:
        if isinstance(batch, Lines):
            self._read += batch.bars
            self._output.write_text(batch.text)
            self.outcome.bars += batch.bars
            self.outcome.states += Counter(dict(zip(State, batch.states, strict=True)))
            return
        if not isinstance(batch, list):
            self._read += batch.frame.height
            self._output.write_frame(batch.frame)
            self.outcome.bars += batch.frame.height
            self.outcome.states += Counter(dict(zip(State, batch.states, strict=True)))
            return
        self._read += len(batch)
        bars = self._selection.sifted(batch)
        if bars:
            self._output.write(bars)
            self.outcome.bars += len(bars)
            self.outcome.states.update(bar.state for bar in bars)
