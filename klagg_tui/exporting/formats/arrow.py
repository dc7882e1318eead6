"""Arrow IPC: a file as the file form, which is mapped into memory and read in any order; a pipe gets the stream form."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.series import Series, dataset_name

if TYPE_CHECKING:
    from klagg_tui.exporting.frame_writer import FrameWriter


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> FrameWriter:
    """Write a file's beginning, and be ready for bars."""
    # Late, as in `parquet`.
    from klagg_tui.exporting.frame_writer import FrameWriter, layout_of
    from klagg_tui.exporting.sinks import arrow_sink

    return FrameWriter(file, layout_of(holds, series), arrow_sink)


def open_stream(file: BinaryIO, holds: Holds, series: Series | None = None) -> FrameWriter:
    """Write a stream's beginning, and be ready for bars."""
    from klagg_tui.exporting.frame_writer import FrameWriter, layout_of
    from klagg_tui.exporting.sinks import StreamSink

    return FrameWriter(file, layout_of(holds, series), StreamSink)


FORMAT: Final = Format(
    "arrow",
    (".arrow", ".feather"),
    155,
    lambda series: dataset_name(series, "bars.arrow"),
    open_writer,
    is_text=False,
    open_stream=open_stream,
)
