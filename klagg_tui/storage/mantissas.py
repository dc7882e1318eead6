"""One symbol's bars as columns of whole numbers, as they lie in the database; for files of columns.

Each column of some thousand rows comes as one JSON text, as in `columns`: SQLite's thread makes it without the interpreter lock,
and no row is looked at by itself. Whoever asks says whether he can read a page so; pages that he cannot come as rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar

import orjson

from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.storage.connection import Connection, Row
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.queries import FOREVER, MINUTE, Stretch, pages
from klagg_tui.storage.rows import EVIDENCE, HAS_TEXT, JSON_ROWS, Decimals, decimals_in
from klagg_tui.storage.schema import COLUMNS

T = TypeVar("T")

FIELDS: Final = COLUMNS[5:]
"""Of a bar: what stands in columns."""
_AT_ONCE: Final = 8_192
"""Rows of a statement at the most: some milliseconds of SQLite's, and as many of whoever reads them; its texts are short enough to be
allocated without asking the system."""
_STATE_BITS: Final = 8
_STATE_MASK: Final = (1 << _STATE_BITS) - 1
_SELECTED: Final = ", ".join(
    f"json_group_array({value})"
    for value in ("h.minute", f"h.scale << {_STATE_BITS} | h.state", *(f"h.{name}" for name in FIELDS))
)


class Mark(NamedTuple):
    """What a row's numbers are, state and scale in one."""

    state: int
    decimals: Decimals
    evidence: int
    has_text: bool
    """A mantissa is beyond 63 bits."""


class Mantissas(NamedTuple):
    """Some thousand bars, oldest first; nothing of them is checked."""

    minutes: list[Any]
    """Open times in minutes since the epoch."""
    marks: list[Any]
    """See `mark_of`."""
    columns: tuple[list[Any], ...]
    """Of `FIELDS`."""


Read = Callable[[Mantissas], T | None]
"""Makes something of a page; None where its rows have to be looked at one by one."""


def mark_of(number: int) -> Mark:
    """What one of the marks says."""
    scale = number >> _STATE_BITS
    return Mark(number & _STATE_MASK, decimals_in(scale), scale >> EVIDENCE, bool(scale & HAS_TEXT))


def in_order(page: list[list[Any]]) -> list[list[Any]]:
    """The columns in order of the first one: a collected text promises none."""
    minutes = page[0]
    if minutes == sorted(minutes):
        return page
    places = sorted(range(len(minutes)), key=minutes.__getitem__)
    return [[column[place] for place in places] for column in page]


async def mantissa_pages(connection: Connection, stretch: Stretch, read: Read[T]) -> AsyncIterator[T | list[Row]]:
    """The stretch, oldest first: what `read` makes of its pages, else rows, the current one in its order."""
    forming = await stretch.forming(connection)
    until = min(stretch.before, int(forming[0][MINUTE])) if forming else stretch.before
    at_once = _AT_ONCE * (stretch.period.nominal_ms // MINUTE_MS)
    first = await stretch.next_minute(connection, stretch.first)
    while first is not None and first < until:
        reached = min(first + at_once, until)
        part = replace(stretch, first=first, before=reached)
        texts = (await connection.rows(*part.whole(_SELECTED)))[0]
        with reading(connection.path):
            minutes, marks, *columns = in_order([orjson.loads(text) for text in texts])
        made = read(Mantissas(minutes, marks, tuple(columns))) if minutes else None
        if made is not None:
            yield made
        elif minutes:
            rows = await connection.json_rows(*part.whole(JSON_ROWS))
            with reading(connection.path):
                rows.sort(key=itemgetter(MINUTE))
            yield rows
        first = reached if minutes else await stretch.next_minute(connection, reached)
    if forming:
        async for rows in pages(connection, replace(stretch, first=until), FOREVER):
            yield rows
