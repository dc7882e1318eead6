"""A JSON object a line. Values are texts, because JSON readers make floats of numbers."""

from __future__ import annotations

from typing import BinaryIO, Final

import orjson

from klagg_tui.exporting import row
from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.row import Column, Kind, Line
from klagg_tui.exporting.series import Series, flat_name
from klagg_tui.exporting.text_writer import TextWriter

_NUMBERS: Final = {Kind.OPEN_TIME, Kind.CLOSE_TIME, Kind.COUNT}
"""What any reader takes exactly."""


def line(series: Series) -> Line:
    """A bar with symbol and period, whatever else is in the file; what is unknown is null."""
    parts: list[str | Column] = []
    venue = f'"{row.VENUE.name}":{orjson.dumps(series.venue).decode()},' if series.venue else ""
    between = f'{{{venue}"symbol":{orjson.dumps(series.symbol).decode()},"period":"{series.period.value}"'
    for column in (*row.BAR, row.STATE):
        quote = "" if column.kind in _NUMBERS else '"'
        parts += [f'{between},"{column.name}":{quote}', column._replace(unknown="null")]
        between = quote
    if series.tells_witness:
        parts += [f'{between},"{row.WITNESS.name}":', row.WITNESS._replace(unknown="null")]
        between = ""
    return (*parts, f"{between}}}\n")


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> TextWriter:  # noqa: ARG001 - as all do
    """Be ready for bars."""
    return TextWriter(file, line)


FORMAT: Final = Format("jsonl", (".jsonl", ".ndjson"), 290, lambda series: flat_name(series, ".jsonl"), open_writer)
