"""CSV with the columns of the exchange's own archives; symbol and period before them where several series share a file."""

from __future__ import annotations

from typing import BinaryIO, Final

from klagg_tui.exchange.binance.archive import KlineColumn
from klagg_tui.exporting import row
from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.row import Column, Line
from klagg_tui.exporting.series import Series, flat_name
from klagg_tui.exporting.text_writer import TextWriter

_QUOTED: Final = frozenset(',"\r\n')
HEAD: Final = ",".join(KlineColumn) + "\n"
SERIES_HEAD: Final = ",".join(column.name for column in row.SERIES) + "," + HEAD
"""Of a file with several symbols or periods, which the exchange does not have."""


_TAKER: Final = frozenset({KlineColumn.TAKER_BUY_VOLUME, KlineColumn.TAKER_BUY_QUOTE_VOLUME})
"""Where nobody bought as a taker the exchange's archives have `0,0`, as seven of seven months that were compared do."""


def line(series: Series) -> Line:
    """A bar as the exchange's archive has it; the column `ignore` is 0. What is unknown is an empty cell."""
    parts: list[str | Column] = []
    for column in row.BAR:
        parts += [column._replace(is_zero_bare=column.name in _TAKER), ","]
    behind: list[str | Column] = ["0"]
    for column in _behind(series):
        behind += [",", column]
    *most, last = behind
    return (*parts, *most, last, "\n") if isinstance(last, Column) else (*parts, *most, f"{last}\n")


def series_line(series: Series) -> Line:
    """The same, with symbol and period before it, and the venue where files say it."""
    venue = f"{_quoted(series.venue)}," if series.venue else ""
    return (f"{venue}{_quoted(series.symbol)},{series.period.value},", *line(series))


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> TextWriter:
    """Write the names of the columns, and be ready for bars."""
    end = "".join(f",{column.name}" for column in _behind(series)) + "\n"
    venue = series.venue if series else ""
    if holds is Holds.SEVERAL_SERIES or (venue and holds is Holds.ONE_SERIES):
        head = f"{row.VENUE.name},{SERIES_HEAD}" if venue else SERIES_HEAD
        return TextWriter(file, series_line, head=head.replace("\n", end))
    return TextWriter(file, line, head=HEAD.replace("\n", end))


def _behind(series: Series | None) -> list[Column]:
    """Columns that were asked for besides."""
    if series is None:
        return []
    return [row.STATE] * series.is_stated + [row.WITNESS] * series.is_witnessed


def _quoted(symbol: str) -> str:
    """The exchange's symbols need no quotes, but a file may say anything."""
    return symbol if _QUOTED.isdisjoint(symbol) else '"' + symbol.replace('"', '""') + '"'


FORMAT: Final = Format("csv", (".csv",), 130, lambda series: flat_name(series, ".csv"), open_writer)
