"""One connection to a database file, and statements that carry many rows.

Never `executemany`: it retakes the interpreter lock for every row, which beside a busy engine thread costs seconds. A
statement of some hundred value tuples takes it once; see `docs/design.md` for the measurements.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TypeAlias, cast

import aiosqlite
import orjson

from klagg_tui.storage.disk_errors import from_sqlite, moved, translate_errors

Row: TypeAlias = tuple[Any, ...]
"""SQLite gives what a column holds, whatever it is called: types are known only to whoever wrote the query."""

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

ROWS_A_STATEMENT: Final = 500
"""14 columns each: 7,000 parameters; SQLite allows 32,766 since 3.32."""

COPY_INTO: Final = "VACUUM INTO CAST(? AS TEXT)"
"""Takes the bytes of a path, which need not be text in any encoding."""

_PATIENCE_S: Final = 5.0
"""How long a connection waits for another program that reads or copies the file."""


class Insert(NamedTuple):
    """An insert of many rows: what stands before and behind the tuples."""

    into: str
    on_conflict: str


FileKey: TypeAlias = tuple[int, int] | None
"""Device and inode: which file a name leads to, None where it leads to none."""


def file_key(path: Path) -> FileKey:
    """Which file `path` leads to."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def beside(path: Path, suffix: str) -> Path:
    """A file that belongs to the database at `path`: it lies beside the file itself, not beside a link to it."""
    real = path.resolve()
    return real.with_name(f"{real.name}{suffix}")


class Connection:
    """One connection with its own thread; SQLite's errors come out as ours."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._files: dict[Path, FileKey] = {}

    @classmethod
    async def open(cls, path: Path, mode: str) -> Self:
        """Connect; `mode` is SQLite's: `ro`, `rw`, `rwc`, or `ro&immutable=1`."""
        connector = _Connector(path, mode)
        opening = asyncio.ensure_future(aiosqlite.Connection(connector, iter_chunk_size=64))
        try:
            connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # Its thread must not be left to answer a loop that may be gone by then.
            await (await opening).close()
            raise
        if connector.error:
            await connection.close()
            raise from_sqlite(connector.error, path) from connector.error
        return cls(connection, path)

    async def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        with translate_errors(self.path):
            rows = await self._connection.execute_fetchall(sql, parameters)
        return cast("list[Row]", rows)

    async def json_rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows that a statement collects into one JSON text, in no promised order.

        Row by row SQLite's thread would give up and retake the interpreter lock: 30,000 rows took 0.1 s beside an idle
        engine and 4 s beside a busy one, as one text 0.1 and 0.15.
        """
        rows: list[Row] = orjson.loads(await self.value(sql, parameters))
        return rows

    async def value(self, sql: str, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - whatever was asked for
        """The first column of the first row, None where there is none."""
        rows = await self.rows(sql, parameters)
        return rows[0][0] if rows else None

    async def insert(self, insert: Insert, rows: Sequence[Row]) -> None:
        """Write many rows."""
        for sql, parameters in _inserts(insert, rows):
            await self.rows(sql, parameters)

    def keep_in_place(self) -> None:
        """Remember which files these are; from now on `require_in_place` says when a name leads elsewhere.

        The log and what connections share are part of it: SQLite goes on writing to a file that nobody finds any more.
        """
        parts = (self.path.absolute(), beside(self.path, "-wal"), beside(self.path, "-shm"))
        self._files = {part: file_key(part) for part in parts}

    def require_in_place(self) -> None:
        """Check that what is written stays where it is looked for.

        Raises:
            DiskError: the database was removed, replaced or moved since `keep_in_place`.
        """
        if any(file_key(part) != key for part, key in self._files.items()):
            raise moved(self.path)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All or nothing of what is done inside; nothing is called written that went into a file no longer in place."""
        try:
            self.require_in_place()
            await self.rows("BEGIN IMMEDIATE")
            yield
            await self.rows("COMMIT")
            self.require_in_place()
        except BaseException:
            await asyncio.shield(self._connection.rollback())
            raise

    async def close(self) -> None:
        """Close; the thread ends."""
        with translate_errors(self.path):
            await self._connection.close()


class _Connector:
    """Opens the file in the connection's thread.

    Where that fails it opens nothing instead and keeps the error: a connection that cannot even begin leaves its
    thread to answer a loop that may be gone by then.
    """

    def __init__(self, path: Path, mode: str) -> None:
        self.error: sqlite3.Error | None = None
        self._uri = f"{path.absolute().as_uri()}?mode={mode}"

    def __call__(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=_PATIENCE_S)
        except sqlite3.Error as error:
            self.error = error
            return sqlite3.connect(":memory:")


def _inserts(insert: Insert, rows: Sequence[Row]) -> Iterator[tuple[str, list[Any]]]:
    """Statements that write all rows, each as wide as the table, `ROWS_A_STATEMENT` at a time."""
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        part = rows[start : start + ROWS_A_STATEMENT]
        yield _insert(insert, len(part), len(part[0])), list(chain.from_iterable(part))


@lru_cache(maxsize=64)
def _insert(insert: Insert, rows: int, width: int) -> str:
    tuples = ",".join([f"({','.join('?' * width)})"] * rows)
    return f"INSERT INTO {insert.into} VALUES {tuples} {insert.on_conflict}"
