"""CSV for backtesting.py: `pandas.read_csv(file, index_col=0, parse_dates=True)` gives the frame that its `Backtest` takes.

The files that it comes with are like that (`backtesting/test/GOOG.csv` and `EURUSD.csv`, read so by `backtesting/test/__init__.py`): a first
column without a name, times without a zone, and the columns that the docstring of `Backtest` asks for.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from klagg_tui.exporting import row
from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.row import Column, Kind, Line
from klagg_tui.exporting.series import Series, flat_name
from klagg_tui.exporting.text_writer import TextWriter

_HEAD: Final = ",Open,High,Low,Close,Volume\n"
_VALUES: Final = row.BAR[1:6]


def line(series: Series) -> Line:  # noqa: ARG001 - as all do
    """The time, the four prices and the volume."""
    parts: list[str | Column] = [Column("", "open_ms", Kind.OPEN_DATE)]
    for column in _VALUES:
        parts += [",", column]
    return (*parts, "\n")


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> TextWriter:  # noqa: ARG001 - as all do
    """Write the names of the columns, and be ready for bars."""
    return TextWriter(file, line, head=_HEAD)


FORMAT: Final = Format("backtesting", (".csv",), 70, lambda series: flat_name(series, ".csv"), open_writer)
