"""Lines of text that SQLite itself writes from its rows, in a third of the time that it takes by way of bars.

That works where all values of a page are stored with the same decimals and none of them is unusual; other pages come as
rows, for the caller to write.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.bar import State
from klagg_tui.storage.connection import Connection, Row
from klagg_tui.storage.queries import FOREVER, MINUTE, PAGE, Stretch, pages
from klagg_tui.storage.rows import Decimals, decimals_of, lacks_fields

_VALUES: Final = "open, high, low, close, volume, turnover, trade_count, taker_buy_volume, taker_buy_turnover"

_SAME_LENGTH: Final = range(16_666_667, 166_666_666)
"""Minutes whose milliseconds have 13 digits, so that their texts have the order of their times: from 2001 to 2286."""


class Printf(NamedTuple):
    """A line as SQLite's `printf` makes it from a row of `history`."""

    form: str
    values: str
    """SQL expressions, with commas."""


RowFormat: TypeAlias = Callable[[Decimals], Printf | None]
"""How rows with these decimals are written, None where SQLite cannot."""


class Lines(NamedTuple):
    """A page of lines, in order of time."""

    text: bytes
    states: tuple[int, ...]
    """How many of them are of each state."""

    @property
    def bars(self) -> int:
        """How many lines."""
        return sum(self.states)


async def line_pages(
    connection: Connection, stretch: Stretch, row_format: RowFormat
) -> AsyncIterator[Lines | list[Row]]:
    """The stretch, oldest first: as lines where possible, else as rows, the current one in its order."""
    forming = await stretch.forming(connection)
    reached = stretch.first - 1
    until = min(stretch.before, int(forming[0][MINUTE])) if forming else stretch.before
    over = replace(stretch, before=until)
    scale = await _scale_behind(connection, over, reached)
    while scale is not None:
        decimals = None if lacks_fields(scale) else decimals_of(scale)
        printf = row_format(decimals) if decimals else None
        page = await _lines_behind(connection, over, reached, scale, printf) if printf else None
        if page:
            reached, lines = page
            yield lines
        else:
            # A collected text promises no order.
            rows = sorted(await connection.json_rows(*over.page(reached, PAGE)), key=lambda row: int(row[MINUTE]))
            reached = rows[-1][MINUTE]
            yield rows
        scale = await _scale_behind(connection, over, reached)
    if forming:
        async for rows in pages(connection, replace(stretch, first=until), FOREVER):
            yield rows


async def _scale_behind(connection: Connection, stretch: Stretch, reached: int) -> int | None:
    """The scale of the next row, None where there is no row."""
    sql, parameters = stretch.page(reached, 1, "h.scale")
    scale = await connection.value(sql, parameters)
    return None if scale is None else int(scale)


async def _lines_behind(
    connection: Connection, stretch: Stretch, reached: int, scale: int, printf: Printf
) -> tuple[int, Lines] | None:
    """The last minute of the next page and its lines; None where one of its rows is unusual."""
    totals = ", ".join(f"total(h.state = {state.value})" for state in State)
    # In SQLite any text is greater than any number, so the greatest value shows whether there is one.
    odd = f"h.scale <> ? OR typeof(max({_VALUES})) <> 'integer' OR min({_VALUES}) < 0"
    line = f"printf(?, {printf.values})"
    sql, parameters = stretch.page(
        reached, PAGE, f"min(h.minute), max(h.minute), total({odd}), group_concat({line}, ''), {totals}"
    )
    first, last, unusual, text, *states = (await connection.rows(sql, [scale, printf.form, *parameters]))[0]
    if unusual or first not in _SAME_LENGTH or last not in _SAME_LENGTH:
        return None
    # Lines begin with the time, or with the same and then the time; a collected text promises no order.
    ordered = sorted(text.split("\n")[:-1])
    return last, Lines(("\n".join(ordered) + "\n").encode(), tuple(map(int, states)))
