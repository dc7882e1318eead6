"""Parquet, a row group at a time. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, Final

from klagg_tui.engine.bar import Bar
from klagg_tui.exporting.arrow import LABELS, library, schema, table
from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.series import Series, dataset_name

_GROUP_ROWS: Final = 65_536


class ParquetWriter:
    """Bars on their way into one file. `with_series`: symbol and period are columns, not names of folders."""

    def __init__(self, file: BinaryIO, *, with_series: bool) -> None:
        """Write the file's beginning.

        Raises:
            ExportError: pyarrow is not installed.
        """
        library()
        from pyarrow import parquet

        self._with_series = with_series
        columns = schema(with_series=with_series)
        labels = [column.name for column in LABELS if column.name in columns.names]
        self._writer = parquet.ParquetWriter(file, columns, compression="zstd", use_dictionary=labels)
        self._bars: list[Bar] = []

    def begin(self, series: Series) -> None:
        """Bars carry their own symbol and period."""

    def write(self, bars: Sequence[Bar]) -> None:
        """Add bars; a row group is packed when there are enough of them."""
        self._bars.extend(bars)
        if len(self._bars) >= _GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left and the file's end."""
        self._flush()
        self._writer.close()

    def discard(self) -> None:
        """Let go of the file, which is to be thrown away."""
        with suppress(OSError):
            self._writer.close()

    def _flush(self) -> None:
        if self._bars:
            self._writer.write_table(table(self._bars, with_series=self._with_series))
            self._bars = []


def open_writer(file: BinaryIO, holds: Holds) -> ParquetWriter:
    """Write the file's beginning, and be ready for bars."""
    return ParquetWriter(file, with_series=holds is not Holds.PART)


FORMAT: Final = Format(
    "parquet", (".parquet",), 60, lambda series: dataset_name(series, "bars.parquet"), open_writer, is_text=False
)
