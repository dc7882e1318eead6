"""Parquet, a row group at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.series import Series, dataset_name

if TYPE_CHECKING:
    from klagg_tui.exporting.frame_writer import FrameWriter


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> FrameWriter:
    """Write the file's beginning, and be ready for bars."""
    # Late: the format is named where nobody writes, and Polars takes a quarter of a second.
    from klagg_tui.exporting.frame_writer import FrameWriter, layout_of
    from klagg_tui.exporting.sinks import parquet_sink

    return FrameWriter(file, layout_of(holds, series), parquet_sink)


FORMAT: Final = Format(
    "parquet",
    (".parquet",),
    60,
    lambda series: dataset_name(series, "bars.parquet"),
    open_writer,
    is_text=False,
)
