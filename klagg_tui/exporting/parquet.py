"""Bars into a Parquet file, a row group at a time. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, Final

from klagg_tui.engine.bar import Bar
from klagg_tui.exporting.arrow import library, schema, table
from klagg_tui.exporting.files import Series

_GROUP_ROWS: Final = 65_536


class ParquetBars:
    """Bars on their way into one file. `with_series`: symbol and period are columns, not names of folders."""

    def __init__(self, file: BinaryIO, *, with_series: bool) -> None:
        """Write the file's beginning.

        Raises:
            ExportError: pyarrow is not installed.
        """
        library()
        from pyarrow import parquet

        self._with_series = with_series
        labels = [name for name in ("symbol", "period", "state") if with_series or name == "state"]
        self._writer = parquet.ParquetWriter(
            file, schema(with_series=with_series), compression="zstd", use_dictionary=labels
        )
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
