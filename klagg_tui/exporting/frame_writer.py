"""Writes bars as frames into a stream, so many rows at a time; the formats of columns are made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from klagg_tui.columnar import pl
from klagg_tui.engine.bar import Bar
from klagg_tui.exporting.format import Holds
from klagg_tui.exporting.frames import Layout, frame_of
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.sinks import GROUP_ROWS, Sink


def layout_of(holds: Holds, series: Series | None) -> Layout:
    """The columns of files of klagg's own: of a part symbol and period (and venue) are no columns, but names of folders."""
    return Layout(
        with_series=holds is not Holds.PART,
        with_venue=bool(series and series.venue),
        with_witness=bool(series and series.tells_witness),
        in_floats=bool(series and series.in_floats),
    )


class FrameWriter:
    """A `Writer` that also takes frames, made elsewhere as `frames` would."""

    def __init__(
        self,
        file: BinaryIO,
        layout: Layout,
        sink: Callable[[BinaryIO, pl.Schema], Sink],
    ) -> None:
        """Write the stream's beginning.

        Args:
            file: where to.
            layout: columns of the frames.
            sink: writes the frames.
        """
        self.layout = layout
        self._series: Series | None = None
        self._sink = sink(file, self.layout.schema)
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self.is_empty = True
        """Whether no row has come yet."""

    def begin(self, series: Series) -> None:
        """See `Writer`."""
        self._series = series

    def write(self, bars: Sequence[Bar]) -> None:
        """See `Writer`."""
        assert self._series is not None
        self.write_frame(frame_of(bars, self._series, self.layout))

    def write_frame(self, frame: pl.DataFrame) -> None:
        """Rows in columns of `layout`; they are packed when there are enough of them."""
        self._frames.append(frame)
        self.is_empty &= not frame.height
        self._rows += frame.height
        while self._rows >= GROUP_ROWS:
            rows = pl.concat(self._frames)
            self._sink.write(rows[:GROUP_ROWS])
            self._frames = [rows[GROUP_ROWS:]]
            self._rows -= GROUP_ROWS

    def close(self) -> None:
        """See `Writer`."""
        if self._rows:
            self._sink.write(pl.concat(self._frames))
        self._sink.close()

    def discard(self) -> None:
        """See `Writer`."""
        self._sink.discard()
