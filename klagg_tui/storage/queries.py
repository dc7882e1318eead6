"""Stored bars and spans, asked for in SQL.

Many bars are one statement; their keys go in as one JSON parameter. One symbol's bars of one period come a page
at a time: every page is a statement of its own that goes on behind the last row, so that memory stays constant and no
long-lived snapshot keeps the write-ahead log from being emptied.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.period import MINUTE_MS, Period, child_of
from klagg_tui.engine.precision import Precision
from klagg_tui.engine.spans import Span
from klagg_tui.storage.connection import Connection, Row
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.rows import JSON_ROWS, SPAN_COLUMNS, bars, span_of
from klagg_tui.storage.symbols import Symbols

_AT: Final = f"""
SELECT {JSON_ROWS} FROM json_each(?) AS j CROSS JOIN history AS h
ON h.symbol = json_extract(j.value, '$[0]') AND h.period = json_extract(j.value, '$[1]')
AND h.minute = json_extract(j.value, '$[2]')
"""
_IN: Final = f"""
SELECT {JSON_ROWS} FROM json_each(?) AS j CROSS JOIN history AS h
ON h.symbol = json_extract(j.value, '$[0]') AND h.period = ?
AND h.minute >= json_extract(j.value, '$[1]') AND h.minute < json_extract(j.value, '$[2]')
"""

PAGE: Final = 2000
FOREVER: Final = 1 << 62
MINUTE: Final = 2
_STATE: Final = 3
"""Indexes in a row."""

_FORMING: Final = f"""
SELECT {JSON_ROWS} FROM forming AS h WHERE h.symbol = ? AND h.period = ? AND h.minute >= ? AND h.minute < ?
AND NOT EXISTS (SELECT 1 FROM history AS o
    WHERE o.symbol = h.symbol AND o.period = h.period AND o.minute = h.minute AND o.state > {State.PARTIAL.value})
"""
_LENGTHS: Final = """
SELECT (SELECT count(*) FROM history AS h WHERE h.symbol = w.symbol AND h.period = w.period AND h.minute >= w.first
        AND h.minute < w.before)
    + (SELECT count(*) FROM forming AS f WHERE f.symbol = w.symbol AND f.period = w.period AND f.minute >= w.first
        AND f.minute < w.before AND NOT EXISTS (SELECT 1 FROM history AS o
            WHERE o.symbol = f.symbol AND o.period = f.period AND o.minute = f.minute))
FROM (SELECT json_extract(value, '$[0]') AS symbol, json_extract(value, '$[1]') AS period,
    json_extract(value, '$[2]') AS first, json_extract(value, '$[3]') AS before, key FROM json_each(?)) AS w ORDER BY w.key
"""

_DECIMALS: Final = """
SELECT max(scale & 15), max(scale >> 4 & 15) FROM history WHERE symbol = ? AND period = ? AND minute >= ? AND minute < ?
"""
_COUNT: Final = """
SELECT count(*) FROM history WHERE symbol = ? AND period = ? AND minute >= ? AND minute < ?
"""
_NEWEST: Final = """
SELECT max(minute) FROM history WHERE symbol = ? AND period = ? AND minute < ?
"""
_NEXT: Final = "SELECT min(minute) FROM history WHERE symbol = ? AND period = ? AND minute >= ?"


_SPANS: Final = f"SELECT symbol, {SPAN_COLUMNS} FROM spans ORDER BY symbol, contract, first_id"
_SPANS_OF: Final = f"SELECT {SPAN_COLUMNS} FROM spans WHERE symbol = ? ORDER BY contract, first_id"


async def spans_of(connection: Connection, symbol: str, number: int | None) -> list[Span]:
    """The spans of the symbol of that number, contract after contract, in order of id: also of time."""
    return [span_of(symbol, columns) for columns in await connection.rows(_SPANS_OF, (number,))]


async def bars_at(connection: Connection, symbols: Symbols, keys: Iterable[BarKey]) -> dict[BarKey, Bar]:
    """Those of the bars that are stored."""
    rows = await connection.json_rows(_AT, (json.dumps(symbols.row_keys(keys)),))
    with reading(connection.path):
        return {bar.key: bar for bar in bars(rows, symbols.names)}


async def bars_in(
    connection: Connection, symbols: Symbols, period: Period, ranges: Iterable[tuple[int, int, int]]
) -> list[Bar]:
    """All bars in ranges of (symbol number, from, to before), range by range in order of time."""
    wanted = json.dumps(
        [(number, -(-from_ms // MINUTE_MS), -(-to_ms // MINUTE_MS)) for number, from_ms, to_ms in ranges]
    )
    rows = await connection.json_rows(_IN, (wanted, period.ordinal))
    with reading(connection.path):
        return bars(rows, symbols.names)


async def stored_spans(connection: Connection, symbols: Symbols) -> dict[str, tuple[Span, ...]]:
    """All spans by symbol, contract after contract, in order of id: also of time."""
    by_symbol: dict[str, list[Span]] = {}
    for number, *columns in await connection.rows(_SPANS):
        name = symbols.names[number]
        by_symbol.setdefault(name, []).append(span_of(name, columns))
    return {name: tuple(spans) for name, spans in by_symbol.items()}


async def count(connection: Connection, symbol: int | None, period: Period, from_ms: int, to_ms: int) -> int:
    """How many ended bars of a stretch are stored of the symbol of that number."""
    return int(await connection.value(_COUNT, (symbol, period.ordinal, from_ms // MINUTE_MS, to_ms // MINUTE_MS)) or 0)


async def ended_until(connection: Connection, symbol: int | None, period: Period, before_ms: int) -> int | None:
    """When the newest ended bar that opened before a time ended, None where there is none."""
    minute = await connection.value(_NEWEST, (symbol, period.ordinal, before_ms // MINUTE_MS))
    return None if minute is None else period.end_ms(int(minute) * MINUTE_MS)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One symbol's bars of one period in a stretch of minutes."""

    symbol: int
    period: Period
    first: int
    before: int
    """Open times in minutes since the epoch."""
    states: tuple[int, ...]
    newest_first: bool
    ended_only: bool = False
    """Without the current bar."""

    def page(self, beyond: int | None, limit: int, selected: str = JSON_ROWS) -> tuple[str, list[int]]:
        """The statement for the rows behind the minute `beyond`; `selected` of them, called h."""
        first, before = self.first, self.before
        if beyond is not None:
            first, before = (first, beyond) if self.newest_first else (beyond + 1, before)
        marks = ",".join("?" * len(self.states))
        order = "DESC" if self.newest_first else "ASC"
        sql = (
            f"SELECT {selected} FROM (SELECT * FROM history WHERE symbol = ? AND period = ? AND minute >= ? "
            f"AND minute < ? AND state IN ({marks}) ORDER BY minute {order} LIMIT ?) AS h"
        )
        return sql, [self.symbol, self.period.ordinal, first, before, *self.states, limit]

    def whole(self, selected: str) -> tuple[str, list[int]]:
        """The statement for all its rows, called h, at once: half as fast again as `page`, which has to count them."""
        sql = f"SELECT {selected} FROM history AS h WHERE h.symbol = ? AND h.period = ? AND h.minute >= ? AND h.minute < ?"
        stretch = [self.symbol, self.period.ordinal, self.first, self.before]
        if len(self.states) == len(State):
            return sql, stretch
        return f"{sql} AND h.state IN ({','.join('?' * len(self.states))})", [*stretch, *self.states]

    async def next_minute(self, connection: Connection, minute: int) -> int | None:
        """When the first ended bar opens from that minute on, whatever its state; None where there is none."""
        found = await connection.value(_NEXT, (self.symbol, self.period.ordinal, minute))
        with reading(connection.path):
            return None if found is None else int(found)

    async def forming(self, connection: Connection) -> list[Row]:
        """The current bar, where it opens in the stretch and nothing better is stored of it."""
        if self.ended_only:
            return []
        rows = await connection.json_rows(_FORMING, (self.symbol, self.period.ordinal, self.first, self.before))
        return [row for row in rows if row[_STATE] in self.states]


def minutes_of(from_ms: int | None, to_ms: int | None) -> tuple[int, int]:
    """The minutes since the epoch from which and before which bars open."""
    return 0 if from_ms is None else -(-from_ms // MINUTE_MS), FOREVER if to_ms is None else -(-to_ms // MINUTE_MS)


async def lengths(connection: Connection, wanted: Sequence[tuple[int, int, int, int]]) -> list[int]:
    """How many rows `pages` gives, all states wanted, for each (symbol number, period, first minute, minute before)."""
    return [int(count) for (count,) in await connection.rows(_LENGTHS, (json.dumps(wanted),))]


async def decimals(connection: Connection, symbol: int | None, period: Period, first: int, before: int) -> Precision:
    """The most decimals of prices and of quantities in a stretch of ended bars; see `schema` for the scale."""
    (found,) = await connection.rows(_DECIMALS, (symbol, period.ordinal, first, before))
    with reading(connection.path):
        return Precision(*(int(value or 0) for value in found))


async def pages(connection: Connection, stretch: Stretch, left: int) -> AsyncIterator[list[Row]]:
    """Pages of together at most `left` rows, the current bar among them in its order."""
    forming = await stretch.forming(connection)
    beyond: int | None = None
    while left > 0:
        asked = min(PAGE, left)
        # A collected text promises no order.
        rows = await connection.json_rows(*stretch.page(beyond, asked))
        with reading(connection.path):
            page = sorted(rows, key=itemgetter(MINUTE), reverse=stretch.newest_first)
        is_last = len(page) < asked
        beyond = page[-1][MINUTE] if page else beyond
        if forming and (is_last or _is_passed(forming[0], beyond, newest_first=stretch.newest_first)):
            page = _with(page, forming.pop(), newest_first=stretch.newest_first)[:left]
        if page:
            yield page
        left -= len(page)
        if is_last:
            return


def _is_passed(forming: Row, beyond: int | None, *, newest_first: bool) -> bool:
    if beyond is None:
        return False
    minute = int(forming[MINUTE])
    return minute >= beyond if newest_first else minute <= beyond


def _with(page: list[Row], forming: Row, *, newest_first: bool) -> list[Row]:
    """The page with the forming bar in its order; it replaces a partial one of the same time."""
    minute = forming[MINUTE]
    rows = [row for row in page if row[MINUTE] != minute]
    return sorted([*rows, forming], key=itemgetter(MINUTE), reverse=newest_first)


def seed_stretches(minute_ms: int, periods: tuple[Period, ...], held: int) -> list[tuple[Period, int, int]]:
    """For every period, the stretch of its ended bars that the larger ones forming at `minute_ms` begin with."""
    since = {Period.M1: minute_ms - held * MINUTE_MS}
    for period in periods[1:]:
        child = child_of(period, periods)
        open_ms = min(period.open_ms(minute_ms, anchor) for anchor in range(3))
        since[child] = min(open_ms, since.get(child, open_ms))
    return [(child, since[child], child.open_ms(minute_ms)) for child in sorted(since, reverse=True)]
