"""Looking after the file: what is in it, whether it is sound, copies, and how long bars are kept."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import MINUTE_MS, Period, child_of
from klagg_tui.errors import DiskError, StorageError
from klagg_tui.storage import delivery_log, derivatives
from klagg_tui.storage.connection import COPY_INTO, Connection
from klagg_tui.storage.disk_errors import damaged, from_sqlite, reading, translate_errors
from klagg_tui.storage.notes import Kind
from klagg_tui.storage.opening import harm_of
from klagg_tui.storage.rows import open_ms_of
from klagg_tui.storage.symbols import Symbols
from klagg_tui.storage.venues import Naming
from klagg_tui.storage.writer import Writer


class Counts(NamedTuple):
    """Rows of each table."""

    history: int
    forming: int
    symbols: int
    spans: int
    alerts: int
    firings: int


class Holding(NamedTuple):
    """What is stored of one symbol and period, forming bars left out."""

    symbol: str
    period: Period
    rows: int
    first_ms: int
    last_ms: int
    """Open times of the oldest and the newest bar."""
    partial: int
    closed: int
    confirmed: int


_HOLDINGS: Final = """
SELECT h.symbol, h.period, count(*), min(h.minute), max(h.minute), total(h.state = ?), total(h.state = ?), total(h.state = ?)
FROM history AS h GROUP BY h.symbol, h.period
"""
_OLD: Final = """
SELECT h.symbol, h.minute FROM json_each(?) AS s CROSS JOIN history AS h
ON h.symbol = json_extract(s.value, '$[0]') AND h.period = ? AND h.minute < json_extract(s.value, '$[1]') LIMIT ?
"""
_DELETE_UP_TO: Final = (
    "DELETE FROM history WHERE symbol = ?1 AND period = ?2 AND minute <= ?3",
    # What is no longer there is no longer proven to be there.
    "DELETE FROM frontier WHERE symbol = ?1 AND period = ?2 AND until <= ?3 + 1",
    "UPDATE frontier SET first = max(first, ?3 + 1) WHERE symbol = ?1 AND period = ?2",
    "INSERT INTO aged VALUES (?1, ?2, ?3 + 1) ON CONFLICT (symbol, period) DO UPDATE SET before = max(before, excluded.before)",
)
_ANOTHER_COPY: Final = "name another file for the copy"
_PERIODS: Final = tuple(Period)
_ODD_OF_A_COPY: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT}
_FUTURE: Final = """
DELETE FROM history WHERE (symbol, period, minute) IN (SELECT h.symbol, h.period, h.minute
    FROM json_each(?) AS s CROSS JOIN periods AS p CROSS JOIN history AS h
    ON h.symbol = s.value AND h.period = p.id AND h.minute > ?)
RETURNING symbol, period, minute
"""
_NOT_OVER: Final = f"""
SELECT h.symbol, h.minute FROM json_each(?) AS s CROSS JOIN history AS h
ON h.symbol = s.value AND h.period = ? AND h.minute > ? WHERE h.state > {State.PARTIAL.value}
"""
_OF_THESE: Final = "symbol IN (SELECT value FROM json_each(?))"
_RESTATE: Final = f"""
UPDATE history SET state = {State.PARTIAL.value} WHERE (symbol, period, minute) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?))
"""

STEP: Final = 1_000
"""Bars deleted in one transaction, so that another writer waits a few milliseconds at most."""


class Retention:
    """Keeps bars of each period for so many milliseconds; of periods that are not named, forever.

    What larger bars are still to be made of stays; see `Store.delete_before`.
    """

    def __init__(self, writer: Writer, keep: Mapping[Period, int]) -> None:
        self._writer = writer
        self._keep = dict(sorted(keep.items()))
        self.deleted = 0
        """Bars, so far."""

    async def step(self, now_ms: int, at_most: int = STEP, clocks: Mapping[str, int] = MappingProxyType({})) -> bool:
        """Delete at most so many bars, shorter periods first; returns whether there may be more to delete.

        `clocks`: the time of venues that have one of their own, by label; `now_ms` is that of all others.

        Raises:
            DiskError: nothing was deleted.
        """
        for period, kept_ms in self._keep.items():
            for label, time_ms in (*clocks.items(), (None, now_ms)):
                is_meant = partial(_is_of, label, clocks)
                deleted = await delete_before(self._writer, period, time_ms - kept_ms, at_most, is_meant)
                if deleted:
                    self.deleted += deleted
                    return True
        return False


def _is_of(label: str | None, others: Collection[str], of: str | None) -> bool:
    """Whether a venue is the one that is meant; None: it is none of the others."""
    return of not in others if label is None else of == label


async def counts(connection: Connection) -> Counts:
    """How much there is of everything."""
    there = {name for (name,) in await connection.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    tables = [table if table in there else "(SELECT 1 WHERE 0)" for table in Counts._fields]
    return Counts(*[await connection.value(f"SELECT count(*) FROM {table}") for table in tables])


async def holdings(connection: Connection, naming: Naming) -> tuple[Holding, ...]:
    """What is stored, by symbol and period."""
    over = (State.PARTIAL, State.CLOSED, State.CONFIRMED)
    found = await connection.rows(_HOLDINGS, [state.value for state in over])
    names = (await Symbols.read(connection, naming)).names
    with reading(connection.path):
        held = [
            Holding(names[symbol], _PERIODS[period], rows, open_ms_of(first), open_ms_of(last), *map(int, states))
            for symbol, period, rows, first, last, *states in found
            if symbol in names
        ]
    return tuple(sorted(held, key=lambda one: (one.symbol, one.period)))


async def integrity_check(connection: Connection) -> tuple[str, ...]:
    """What SQLite finds wrong with the file; empty where it is sound."""
    found = [str(row[0]) for row in await connection.rows("PRAGMA integrity_check")]
    return () if found == ["ok"] else tuple(found)


async def backup(connection: Connection, to: Path) -> None:
    """A compact copy of the database as it is at this moment, whole or not at all; the writer goes on meanwhile.

    Raises:
        StorageError: there is a file of that name already.
        DiskError: the copy cannot be written; nothing is left of it.
    """
    _refuse_existing(to)
    if not to.parent.is_dir():
        raise StorageError(f"{to.parent} is not a folder: nothing was written; create it, or name another file.")
    if harm := harm_of(to):
        raise StorageError(harm)
    half = to.with_name(f".{to.name}.part")
    with translate_errors(to, _ANOTHER_COPY):
        half.unlink(missing_ok=True)
        try:
            await _copy(connection, half, to)
            half.rename(to)
        finally:
            for left in (half, half.with_name(f"{half.name}-journal")):
                left.unlink(missing_ok=True)


async def _copy(connection: Connection, half: Path, to: Path) -> None:
    try:
        await _vacuum(connection, COPY_INTO, (os.fsencode(half),))
    except StorageError as error:
        cause = error.__cause__
        if not isinstance(cause, sqlite3.Error) or str(error) == str(damaged(connection.path)):
            raise
        # Any other error while copying concerns the copy, not the file that the connection was opened on.
        raise from_sqlite(cause, to, _ANOTHER_COPY) from error


async def compact(writer: Writer) -> None:
    """Give the space of deleted rows back to the disk; takes as long as writing the whole file anew."""
    async with writer.exclusively():
        await _vacuum(writer.connection, "VACUUM")
        await writer.connection.rows("PRAGMA wal_checkpoint(TRUNCATE)")


async def _vacuum(connection: Connection, sql: str, parameters: tuple[bytes, ...] = ()) -> None:
    """Write the file anew; where pages are damaged SQLite says at times that a disk is full or a rule broken; then they are looked at."""
    try:
        await connection.rows(sql, parameters)
    except DiskError as error:
        cause = error.__cause__
        is_odd = isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode & 0xFF in _ODD_OF_A_COPY
        if is_odd and await connection.value("PRAGMA quick_check(1)") != "ok":
            raise damaged(connection.path) from cause
        raise


async def delete_before(
    writer: Writer,
    period: Period,
    before_ms: int,
    at_most: int,
    is_meant: Callable[[str | None], bool] = lambda _label: True,
) -> int:
    """Delete bars of one period that opened before, oldest first within a symbol, and with minutes what was told beside trades.

    See `Store.delete_before`. Those that are still to be delivered to another machine stay so long, and later ones of their series; so do all from the first one
    on that a sink reads once more.

    `is_meant`: whether those of a venue are, by its label.
    """
    async with writer.batch():
        cut_ms = kept_from(period, before_ms, writer.periods)
        meant = [number for number, label in writer.symbols.labels.items() if is_meant(label)]
        ids, cut = json.dumps(meant), cut_ms // MINUTE_MS
        waiting = await delivery_log.waiting_from(writer.connection, period)
        needed = await delivery_log.needed_from(writer.connection)
        cut = cut if needed is None else min(cut, needed)
        cuts = json.dumps([(number, min(cut, waiting.get(number, cut))) for number in meant])
        rows = await writer.connection.rows(_OLD, (cuts, period.ordinal, at_most))
        names = writer.symbols.names
        # No news: what was traded then is what it was.
        await writer.roll_up(((names[number], period, minute * MINUTE_MS) for number, minute in rows), is_news=False)
        newest_of: dict[int, int] = dict(rows)
        for number, newest in newest_of.items():
            place = number, period.ordinal, newest
            for statement in _DELETE_UP_TO:
                await writer.connection.rows(statement, place)
        deleted = len(rows)
        if period is Period.M1 and deleted < at_most:
            deleted += await derivatives.delete_before(writer.connection, ids, cut, at_most - deleted)
    return deleted


async def count_before(connection: Connection, period: Period, before_ms: int, periods: tuple[Period, ...]) -> int:
    """How many bars `delete_before` would delete in the end."""
    cut_ms = kept_from(period, before_ms, periods)
    sql = (
        "SELECT count(*) FROM symbols AS s CROSS JOIN history AS h ON h.symbol = s.id AND h.period = ? AND h.minute < ?"
    )
    return int(await connection.value(sql, (period.ordinal, cut_ms // MINUTE_MS)))


def kept_from(period: Period, before_ms: int, periods: tuple[Period, ...]) -> int:
    """From when on bars stay where those that opened before a time may go: none that a later larger bar is made of."""
    parents = [larger for larger in periods if larger is not period and child_of(larger, periods) is period]
    opens = [larger.open_ms(before_ms, anchor) for larger in parents for anchor in (0, 1, 2)]
    return min([before_ms, *opens])


async def remove_future(writer: Writer, now_ms: int, venue: str | None = None) -> int:
    """Delete bars that open after `now_ms`; those that end after it are partial at the best. Returns how many rows changed.

    They come of a clock that was wrong. What runs of ids prove of the time after `now_ms` is given up too. `venue`: only of its
    symbols, for each exchange has its own clock.
    """
    async with writer.batch():
        ids = json.dumps(list(writer.symbols.of(venue)))
        rows = writer.connection.rows
        minute = now_ms // MINUTE_MS
        gone = await rows(_FUTURE, (ids, minute))
        not_over = [
            (symbol, period.ordinal, begun)
            for period in _PERIODS
            # Months are longer than their nominal length: twice that holds the one under way for sure.
            for symbol, begun in await rows(
                _NOT_OVER, (ids, period.ordinal, minute - 2 * period.nominal_ms // MINUTE_MS)
            )
            if period.end_ms(begun * MINUTE_MS) > now_ms
        ]
        await rows(_RESTATE, (json.dumps(not_over),))
        writer.note_rows(gone)
        writer.note_rows(not_over, Kind.BESIDE)
        await rows(f"DELETE FROM forming WHERE minute > ? AND {_OF_THESE}", (minute, ids))
        changed = int(await writer.connection.value("SELECT changes()")) + len(gone) + len(not_over)
        changed += await derivatives.delete_after(writer.connection, ids, minute)
        if changed:  # whether a series is whole without them is to be counted anew
            await rows(f"DELETE FROM frontier WHERE until > ? AND {_OF_THESE}", (minute, ids))
            await rows(f"DELETE FROM unavailable WHERE until > ? AND {_OF_THESE}", (minute, ids))
        await rows(f"DELETE FROM spans WHERE from_ms > ? AND {_OF_THESE}", (now_ms, ids))
        await rows(f"UPDATE spans SET to_ms = ? WHERE to_ms > ? AND {_OF_THESE}", (now_ms, now_ms, ids))
    writer.read_again()
    return changed


def _refuse_existing(to: Path) -> None:
    if to.exists():
        raise StorageError(f"{to} exists already: nothing was written; name another file.")
