"""Minutes of what is told beside trades (`engine.derivatives`) as rows and back; see `schema` for the layout."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Final

from klagg_tui.engine import exact
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.storage.connection import Connection, Insert, Row
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.rows import open_ms_of
from klagg_tui.storage.schema import DERIVATIVE_COLUMNS
from klagg_tui.storage.symbols import Symbols

_REPLACED: Final = ", ".join(f"{name} = excluded.{name}" for name in DERIVATIVE_COLUMNS[2:])
_INSERT: Final = Insert("derivatives", f"ON CONFLICT (symbol, minute) DO UPDATE SET {_REPLACED}")
_ROWS: Final = f"json_group_array(json_array({', '.join(f'h.{name}' for name in DERIVATIVE_COLUMNS)}))"
_AT: Final = f"""
SELECT {_ROWS} FROM json_each(?) AS j CROSS JOIN derivatives AS h
ON h.symbol = json_extract(j.value, '$[0]') AND h.minute = json_extract(j.value, '$[1]')
"""
_PAGE: Final = (
    f"SELECT {_ROWS} FROM (SELECT * FROM derivatives WHERE symbol = ? AND minute >= ? AND minute < ? "
    "ORDER BY minute {order} LIMIT ?) AS h"
)
_SINCE: Final = f"""
SELECT {_ROWS} FROM json_each(?) AS s CROSS JOIN derivatives AS h ON h.symbol = s.value AND h.minute >= ?
"""
_LAST: Final = f"""
SELECT {_ROWS} FROM json_each(?2) AS s CROSS JOIN derivatives AS h ON h.symbol = ?1 AND h.minute = (
    SELECT d.minute FROM derivatives AS d WHERE d.symbol = ?1 AND d.minute >= json_extract(s.value, '$[0]')
    AND d.minute < json_extract(s.value, '$[1]') AND d.{{column}} IS NOT NULL ORDER BY d.minute DESC LIMIT 1)
"""
_OLD: Final = """
SELECT h.symbol, h.minute FROM json_each(?) AS s CROSS JOIN derivatives AS h ON h.symbol = s.value AND h.minute < ? LIMIT ?
"""
_DELETE: Final = """
DELETE FROM derivatives WHERE (symbol, minute) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))
"""
_IS_THERE: Final = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'derivatives')"

PAGE: Final = 2_000
_SYMBOLS_AT_ONCE: Final = 50

_HAS_TEXT: Final = 1 << 13
_LARGEST: Final = (1 << 63) - 1
_PRICE, _QUANTITY, _TURNOVER, _RATE = range(4)
_KINDS: Final = (
    _PRICE, _PRICE, _RATE, None, None, _QUANTITY, _QUANTITY, _TURNOVER, None, _QUANTITY, _TURNOVER, None,
)  # fmt: skip
"""Of the columns behind the scale; None: whole numbers as they are."""
_PLACES: Final = ((0, 15), (4, 15), (8, 31), (14, 31))
"""Of the decimals in the scale, by kind."""
_DECIMALS_OF: Final = (
    exact.price_decimals_of,
    exact.quantity_decimals_of,
    exact.turnover_decimals_of,
    exact.turnover_decimals_of,
)
_UNPACKED: Final = (
    exact.price_unpacked,
    exact.quantity_unpacked,
    exact.turnover_unpacked,
    exact.turnover_unpacked,
)


def row_of(number: int, minute: DerivativeMinute) -> Row:
    """The minute of the symbol of that number as a row."""
    values = minute[2:]
    decimals = [0] * len(_PLACES)
    for kind, value in zip(_KINDS, values, strict=True):
        if kind is not None and value:
            decimals[kind] = max(decimals[kind], _DECIMALS_OF[kind](value))
    steps = [unpacked(1, count) for unpacked, count in zip(_UNPACKED, decimals, strict=True)]
    scale = sum(count << place for count, (place, _) in zip(decimals, _PLACES, strict=True))
    packed = [
        value if kind is None or value is None else value // steps[kind]
        for kind, value in zip(_KINDS, values, strict=True)
    ]
    if any(value is not None and not -_LARGEST <= value <= _LARGEST for value in packed):
        scale |= _HAS_TEXT
        packed = [
            str(value) if kind is not None and value is not None else value  # type: ignore[misc]
            for kind, value in zip(_KINDS, packed, strict=True)
        ]
    return (number, minute.open_ms // MINUTE_MS, scale, *packed)


def minutes_of(rows: Iterable[Row], names: Mapping[int, str]) -> list[DerivativeMinute]:
    """The minutes of rows; `names` are those of the symbols by number."""
    found = []
    for number, minute, scale, *packed in rows:
        steps = [unpacked(1, scale >> place & most) for unpacked, (place, most) in zip(_UNPACKED, _PLACES, strict=True)]
        values = [
            None if value is None else _whole(value, scale) * (1 if kind is None else steps[kind])
            for kind, value in zip(_KINDS, packed, strict=True)
        ]
        found.append(DerivativeMinute(names[number], open_ms_of(minute), *values))
    return found


def _whole(value: int | str, scale: int) -> int:
    if scale & _HAS_TEXT:
        return int(value)
    if not isinstance(value, int):  # found out before it is multiplied
        raise TypeError(value)
    return value


async def is_there(connection: Connection) -> bool:
    """Whether the file has them: an older one that is only read has none."""
    return bool(await connection.value(_IS_THERE))


async def put(connection: Connection, symbols: Symbols, minutes: Sequence[DerivativeMinute]) -> None:
    """Inside a batch, store minutes, each merged with what is known of it already."""
    merged: dict[tuple[str, int], DerivativeMinute] = {}
    for minute in (*await _stored(connection, symbols, minutes), *minutes):
        known = merged.get(minute.key)
        merged[minute.key] = minute if known is None else known.merged(minute)
    await connection.insert(_INSERT, [row_of(symbols.ids[minute.symbol], minute) for minute in merged.values()])


async def _stored(
    connection: Connection, symbols: Symbols, minutes: Iterable[DerivativeMinute]
) -> list[DerivativeMinute]:
    keys = json.dumps([*{(symbols.ids[minute.symbol], minute.open_ms // MINUTE_MS) for minute in minutes}])
    rows = await connection.json_rows(_AT, (keys,))
    with reading(connection.path):
        return minutes_of(rows, symbols.names)


async def pages(
    connection: Connection, number: int, name: str, first: int, before: int, left: int, *, newest_first: bool
) -> AsyncIterator[list[DerivativeMinute]]:
    """Minutes of one symbol from a minute since the epoch to before another, at most `left` of them, page by page."""
    sql = _PAGE.format(order="DESC" if newest_first else "ASC")
    while left > 0:
        asked = min(PAGE, left)
        rows = await connection.json_rows(sql, (number, first, before, asked))
        with reading(connection.path):
            # A collected text promises no order.
            page = sorted(minutes_of(rows, {number: name}), key=itemgetter(1), reverse=newest_first)
        if page:
            yield page
            last = page[-1].open_ms // MINUTE_MS
            first, before = (first, last) if newest_first else (last + 1, before)
        left -= len(page)
        if len(page) < asked:
            return


async def last(connection: Connection, number: int, name: str, edges: Sequence[int]) -> list[DerivativeMinute]:
    """Of one symbol, from each of these minutes to before the next, the last that tells open interest, and the last that tells funding."""
    stretches = json.dumps([*pairwise(edges)])
    found: list[DerivativeMinute] = []
    for column in ("open_interest", "funding_rate"):
        rows = await connection.json_rows(_LAST.format(column=column), (number, stretches))
        with reading(connection.path):
            found += minutes_of(rows, {number: name})
    return found


async def since(connection: Connection, names: Mapping[int, str], minute: int) -> AsyncIterator[list[DerivativeMinute]]:
    """All minutes of all symbols from one on, some symbols at a time, each symbol's in order of time."""
    numbers = sorted(names)
    for start in range(0, len(numbers), _SYMBOLS_AT_ONCE):
        wanted = json.dumps(numbers[start : start + _SYMBOLS_AT_ONCE])
        rows = await connection.json_rows(_SINCE, (wanted, minute))
        with reading(connection.path):
            yield minutes_of(sorted(rows, key=itemgetter(0, 1)), names)


async def delete_before(connection: Connection, numbers: str, minute: int, at_most: int) -> int:
    """Inside a batch, delete at most so many rows before a minute; `numbers`: JSON list of those of the symbols."""
    keys = await connection.rows(_OLD, (numbers, minute, at_most))
    await connection.rows(_DELETE, (json.dumps(keys),))
    return len(keys)


async def delete_after(connection: Connection, numbers: str, minute: int) -> int:
    """Inside a batch, delete what was told of the time after a minute; returns how many rows that were."""
    sql = "DELETE FROM derivatives WHERE minute > ? AND symbol IN (SELECT value FROM json_each(?))"
    await connection.rows(sql, (minute, numbers))
    return int(await connection.value("SELECT changes()"))
