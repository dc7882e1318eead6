"""Rows of the database for an audit: nothing is taken for granted about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.connection import Connection, Row
from klagg_tui.storage.rows import bars
from klagg_tui.storage.schema import COLUMNS

PAGE: Final = 2000
_LATEST_MINUTE: Final = 4_000_000_000
"""The year 9575; what a calendar can hold ends soon after."""
_STATES: Final = frozenset(state.value for state in State)

# Row by row: a text of many rows, as `Connection.json_rows` reads it, cannot hold everything that a damaged row may.
_SELECTED: Final = ", ".join(f"h.{name}" for name in COLUMNS)
_PAGE: Final = f"""
SELECT {_SELECTED} FROM history AS h WHERE h.symbol = ? AND h.period = ? AND h.minute > ? ORDER BY h.minute LIMIT ?
"""
_PAGE_BEFORE: Final = _PAGE.replace("ORDER BY", "AND h.minute < ? ORDER BY")
_NEXT_SERIES: Final = """
SELECT symbol, period FROM history WHERE (symbol, period) > (?, ?) ORDER BY symbol, period LIMIT 1
"""
_LAST: Final = """
SELECT minute FROM history WHERE symbol = ? AND period = ? AND typeof(minute) = 'integer' ORDER BY minute DESC LIMIT 1
"""
_FIRST: Final = _LAST.replace(" DESC", "")
_LACKED: Final = "SELECT period, first, until FROM unavailable WHERE symbol = ? ORDER BY first"
_FORMING: Final = f"SELECT {_SELECTED} FROM forming AS h WHERE h.symbol = ? AND h.period = ?"


class Unreadable(NamedTuple):
    """A row that is no bar."""

    row: Row
    reason: str


class Stretch(NamedTuple):
    """What is looked at: bars that open from `from_ms` to before `to_ms`; None: no end."""

    from_ms: int | None = None
    to_ms: int | None = None

    def holds(self, open_ms: int) -> bool:
        """Whether a bar that opens then is looked at."""
        return (self.from_ms is None or open_ms >= self.from_ms) and not self.is_passed(open_ms)

    def is_passed(self, open_ms: int) -> bool:
        """Whether all that follows lies behind."""
        return self.to_ms is not None and open_ms >= self.to_ms


EVERYTHING: Final = Stretch()


async def all_series(connection: Connection) -> dict[int, list[int]]:
    """The numbers of all periods of which there are bars, by the numbers of the symbols, known or not."""
    found: dict[int, list[int]] = {}
    last: Row = (-(1 << 63), -(1 << 63))
    while rows := await connection.rows(_NEXT_SERIES, last):
        last = rows[0]
        found.setdefault(last[0], []).append(last[1])
    return found


async def history(
    connection: Connection, names: Mapping[int, str], symbol: int, period: Period, stretch: Stretch, size: int = PAGE
) -> AsyncIterator[Sequence[Bar | Unreadable]]:
    """The ended bars of a series, oldest first, `size` at a time."""
    beyond = -(1 << 62) if stretch.from_ms is None else -(-stretch.from_ms // MINUTE_MS) - 1
    # A minute that is no number comes behind all that are one, and is met only where there is no end.
    sql, end = (_PAGE, []) if stretch.to_ms is None else (_PAGE_BEFORE, [-(-stretch.to_ms // MINUTE_MS)])
    while rows := await connection.rows(sql, [symbol, period.ordinal, beyond, *end, size]):
        yield read(rows, names)
        beyond = rows[-1][2]


async def first_open_ms(connection: Connection, symbol: int, period: Period) -> int | None:
    """When the oldest ended bar of a series opened."""
    return await _open_ms(connection, _FIRST, symbol, period)


async def last_open_ms(connection: Connection, symbol: int, period: Period) -> int | None:
    """When the newest ended bar of a series opened."""
    return await _open_ms(connection, _LAST, symbol, period)


async def _open_ms(connection: Connection, sql: str, symbol: int, period: Period) -> int | None:
    rows = await connection.rows(sql, (symbol, period.ordinal))
    return rows[0][0] * MINUTE_MS if rows else None


async def not_to_be_had(connection: Connection, symbol: int) -> dict[int, list[tuple[int, int]]]:
    """From when to when the exchange was shown to have no bars of a symbol, by the numbers of periods, in order of time."""
    found: dict[int, list[tuple[int, int]]] = {}
    for period, first, until in await connection.rows(_LACKED, (symbol,)):
        found.setdefault(period, []).append((first * MINUTE_MS, until * MINUTE_MS))
    return found


def outside(from_ms: int, to_ms: int, stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of a stretch that lie outside of others, which come in order of their beginnings."""
    for begin_ms, end_ms in stretches:
        if begin_ms > from_ms and from_ms < to_ms:
            yield from_ms, min(begin_ms, to_ms)
        from_ms = max(from_ms, end_ms)
    if from_ms < to_ms:
        yield from_ms, to_ms


async def current(
    connection: Connection, names: Mapping[int, str], symbol: int, period: Period
) -> Bar | Unreadable | None:
    """The bar that is forming, or was when it was written."""
    rows = await connection.rows(_FORMING, (symbol, period.ordinal))
    return read(rows, names)[0] if rows else None


def read(rows: Sequence[Row], names: Mapping[int, str]) -> Sequence[Bar | Unreadable]:
    """Each row as a bar, or why it is none."""
    if set(map(type, chain.from_iterable(rows))) == {int} and all(_fault(row) is None for row in rows):
        try:
            return bars(rows, names)
        except (LookupError, ValueError):
            pass  # some row's scale: see which
    return [_read_one(row, names) for row in rows]


def _read_one(row: Row, names: Mapping[int, str]) -> Bar | Unreadable:
    reason = _fault(row)
    if reason is None:
        try:
            bar = bars([row], names)[0]
        except (LookupError, ValueError, TypeError, OverflowError):
            reason = "its values are no whole numbers"
        else:
            if all(type(value) is int for value in bar[2:12]):
                return bar
            reason = "its values are no whole numbers"
    return Unreadable(row, reason)


def _fault(row: Row) -> str | None:
    minute, state = row[2], row[3]
    if not isinstance(minute, int) or not 0 <= minute < _LATEST_MINUTE:
        return f"{minute!r} is no minute"
    if any(type(value) is float for value in row):
        return "its values are no whole numbers"
    return None if state in _STATES else f"{state!r} is no state"
