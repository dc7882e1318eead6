"""Lines of text out of the database's rows, written by SQLite's `printf`: to the letter as `text` writes them.

Not every row can be written so; those that cannot come as bars and are written by `text`.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.exporting.row import Column, Kind, Line
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.text import decimals_of
from klagg_tui.storage.lines import Printf, RowFormat
from klagg_tui.storage.rows import EVIDENCE, Decimals

_STATE: Final = "CASE state {} END".format(" ".join(f"WHEN {state.value} THEN '{state.label}'" for state in State))
_WITNESS: Final = (
    f"CASE WHEN state <> {State.CONFIRMED.value} THEN '{{unknown}}' "
    f"WHEN scale >> {EVIDENCE} & {Evidence.CANDLE_ONLY.value} THEN '{{quote}}candle{{quote}}' ELSE '{{quote}}ids{{quote}}' END"
)
_OPEN_MS: Final = f"minute * {MINUTE_MS}"
_SAME: Final = {
    Kind.OPEN_TIME: ("%d", _OPEN_MS),
    Kind.OPEN_DATE: ("%s", "strftime('%Y-%m-%d %H:%M:%S', minute * 60, 'unixepoch')"),
    Kind.STATE: ("%s", _STATE),
}
"""What is written the same whatever the series."""


def row_format(series: Series, line: Line) -> RowFormat:
    """How the database writes rows: not at all where they need more decimals than the series shows.

    Months are left to `text`, for SQL knows no calendar, and so are lines that would not sort by time (see `storage.lines`).
    """

    def printf(decimals: Decimals) -> Printf | None:
        stored = dict(zip((Kind.PRICE, Kind.QUANTITY, Kind.TURNOVER), decimals, strict=True))
        form, values = "", list[str]()
        for part in line:
            if isinstance(part, str):
                form += part.replace("%", "%%")
                continue
            place = _place_of(part, stored.get(part.kind, 0), series)
            if place is None:
                return None
            form += place[0]
            values += place[1]
        return Printf(form, ", ".join(values))

    return printf if series.period is not Period.MO1 and _is_sorted_by_time(line) else lambda _: None


def _is_sorted_by_time(line: Line) -> bool:
    """Whether the time is the first that differs, and lines end only where they should."""
    between = "".join(part for part in line if isinstance(part, str))
    first = next(part for part in line if isinstance(part, Column))
    return (
        first.kind in (Kind.OPEN_TIME, Kind.OPEN_DATE)
        and "\0" not in between
        and between.find("\n") == len(between) - 1
    )


def _place_of(column: Column, stored: int, series: Series) -> tuple[str, list[str]] | None:
    """What stands in the format for a column, and SQL for the values that go there; `stored` decimals are in the rows."""
    if found := _SAME.get(column.kind):
        return found[0], [found[1]]
    match column.kind:
        case Kind.CLOSE_TIME:
            return "%d", [f"{_OPEN_MS} + {series.period.nominal_ms - 1}"]
        case Kind.WITNESS:
            quote = '"' if column.unknown else ""
            return "%s", [_WITNESS.format(quote=quote, unknown=column.unknown)]
        case _:
            decimals = decimals_of(column.kind, series.precision)
    if decimals is None:
        return "%d", [column.field]
    if stored > decimals.shown:
        return None
    form, values = _number_of(column, stored, "0" * (decimals.shown - stored))
    if column.is_zero_bare and decimals.shown:
        return "%s", [f"CASE {column.field} WHEN 0 THEN '0' ELSE printf('{form}', {', '.join(values)}) END"]
    return form, values


def _number_of(column: Column, stored: int, zeros: str) -> tuple[str, list[str]]:
    """A number with so many `stored` decimals and some `zeros` behind them."""
    if stored:
        one = 10**stored
        return f"%d.%0{stored}d{zeros}", [f"{column.field} / {one}", f"{column.field} % {one}"]
    return f"%d.{zeros}" if zeros else "%d", [column.field]
