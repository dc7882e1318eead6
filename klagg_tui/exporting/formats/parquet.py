"""Parquet, a row group at a time. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, Final

from klagg_tui.engine.bar import Bar
from klagg_tui.exporting.arrow import LABELS, library, schema, table
from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.series import Series, dataset_name
from klagg_tui.names import Name

_GROUP_ROWS: Final = 65_536


class ParquetWriter:
    """Bars on their way into one file."""

    def __init__(self, file: BinaryIO, *, with_series: bool, series: Series | None = None) -> None:
        """Write the file's beginning.

        Args:
            file: where to.
            with_series: symbol and period (and venue) are columns, not names of folders.
            series: says whether venue and witness are told; None: neither.

        Raises:
            ExportError: pyarrow is not installed.
        """
        library()
        from pyarrow import parquet

        self._series = series
        self._with_series = with_series
        self._with_venue = bool(series and series.venue)
        self._with_witness = bool(series and series.tells_witness)
        columns = schema(with_series=with_series, with_venue=self._with_venue, with_witness=self._with_witness)
        labels = [column.name for column in LABELS if column.name in columns.names]
        self._writer = parquet.ParquetWriter(file, columns, compression="zstd", use_dictionary=labels)
        self._bars: list[Bar] = []

    def begin(self, series: Series) -> None:
        """Bars carry their own symbol and period; of which venue they are the series says."""
        self._series = series

    def write(self, bars: Sequence[Bar]) -> None:
        """Add bars; a row group is packed when there are enough of them."""
        if self._with_venue and self._series:
            name = str(Name(self._series.venue, self._series.symbol))
            bars = [bar._replace(symbol=name) for bar in bars]
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
            made = table(
                self._bars,
                with_series=self._with_series,
                with_venue=self._with_venue,
                with_witness=self._with_witness,
            )
            self._writer.write_table(made)
            self._bars = []


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> ParquetWriter:
    """Write the file's beginning, and be ready for bars."""
    return ParquetWriter(file, with_series=holds is not Holds.PART, series=series)


FORMAT: Final = Format(
    "parquet", (".parquet",), 60, lambda series: dataset_name(series, "bars.parquet"), open_writer, is_text=False
)
