"""One connection to a database file, and statements that carry many rows.

Never `executemany`: it retakes the interpreter lock for every row, which beside a busy engine thread costs seconds. A
statement of some hundred value tuples takes it once; see `docs/design.md` for the measurements.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TypeAlias, TypeVar, cast

import aiosqlite
import orjson

from klagg_tui.errors import DatabaseLocked
from klagg_tui.storage.disk_errors import moved, translate_errors

T = TypeVar("T")

Row: TypeAlias = tuple[Any, ...]
"""SQLite gives what a column holds, whatever it is called: types are known only to whoever wrote the query."""

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

ROWS_A_STATEMENT: Final = (256, 64, 16, 4, 1)
"""14 columns each: at most 3,584 parameters; SQLite allows 32,766 since 3.32. Of few lengths, for a statement takes 1.5 kB and 10 µs a row to
prepare, several times what it takes to run, and one of each number of rows would hardly ever come again."""
_ROWS_AT_ONCE: Final = 512
"""As many are made ready together, so that the loop is never held long."""

COPY_INTO: Final = "VACUUM INTO CAST(? AS TEXT)"
"""Takes the bytes of a path, which need not be text in any encoding."""

THREAD: Final = "klagg-sqlite"
"""Name of the threads that SQLite works in."""

_STATEMENTS_KEPT: Final = 32
"""Prepared, by each connection: the inserts of a live market, each of five lengths, and what else a write asks."""

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
    """One connection with its own thread; SQLite's errors come out as ours.

    Whoever waits may be cancelled at any moment, and the loop may close behind that: opening and closing are waited for whatever
    comes, so that the thread answers a loop that is there.
    """

    def __init__(self, connection: _Worker, path: Path) -> None:
        """Use `open`."""
        self.path = path
        self.patience_s = 0.0
        """How long a transaction is begun again and again while another connection is in one, beyond what SQLite itself waits."""
        self._connection = connection
        self._is_closed = False
        self._files: dict[Path, FileKey] = {}

    @classmethod
    async def open(cls, path: Path, mode: str) -> Self:
        """Connect; `mode` is SQLite's: `ro`, `rw`, `rwc`, or `ro&immutable=1`."""
        connector = _Connector(path, mode)
        connection = _Worker(connector, iter_chunk_size=64)
        try:
            with translate_errors(path):
                _ = await connection
        except BaseException:
            try:
                await connection.end()
            finally:
                connector.close()
            raise
        return cls(connection, path)

    async def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        if self._is_closed:
            raise RuntimeError("The connection is closed.")
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
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            await self.run_each([*_inserts(insert, rows[start : start + _ROWS_AT_ONCE])])

    async def run_each(self, statements: Sequence[tuple[str, Parameters]]) -> None:
        """Run statements that give no rows, one behind the other, with one way to the thread and back for all."""
        if self._is_closed:
            raise RuntimeError("The connection is closed.")
        with translate_errors(self.path):
            await self._connection.run_each(statements)

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
            await self._begin()
            yield
            await self.rows("COMMIT")
            self.require_in_place()
        except BaseException:
            await to_the_end(asyncio.ensure_future(self._connection.rollback()))
            raise

    async def _begin(self) -> None:
        given_up_s = time.monotonic() + self.patience_s
        while True:
            try:
                await self.rows("BEGIN IMMEDIATE")
            except DatabaseLocked:
                if time.monotonic() >= given_up_s:
                    raise
            else:
                return

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Everything that is read inside is of one moment."""
        try:
            await self.rows("BEGIN")
            yield
        finally:  # also where it was cancelled while the thread was at the beginning of it
            await to_the_end(asyncio.ensure_future(self._connection.rollback()))

    async def close(self) -> None:
        """Close, behind what the thread is at, and end the thread; closing again does nothing."""
        if not self._is_closed:
            self._is_closed = True
            with translate_errors(self.path):
                await self._connection.end()


class _Worker(aiosqlite.Connection):
    """One whose end can be waited for, however often it is told to stop."""

    _ended: asyncio.Future[Any] | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        """Close behind what the thread is at, and let it end; it answers once, also where it is told by both of us."""
        if self._ended is None:
            self._ended = super().stop()
        return self._ended

    async def run_each(self, statements: Sequence[tuple[str, Parameters]]) -> None:
        """See `Connection.run_each`."""

        def run() -> None:
            for sql, parameters in statements:
                self._conn.execute(sql, parameters)

        await self._execute(run)  # type: ignore[no-untyped-call]

    async def end(self) -> None:
        """Close, and wait for it whatever comes."""
        ended = self.stop()
        assert ended is not None  # there is none without a loop
        await to_the_end(ended)


class _Connector:
    """Opens the file in the connection's thread, and knows what was opened where nobody waited for it any more."""

    def __init__(self, path: Path, mode: str) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode={mode}"
        self._opened: sqlite3.Connection | None = None

    def __call__(self) -> sqlite3.Connection:
        threading.current_thread().name = THREAD
        # Another thread closes it, if at all, when its own has ended.
        self._opened = sqlite3.connect(
            self._uri,
            uri=True,
            isolation_level=None,
            timeout=_PATIENCE_S,
            check_same_thread=False,
            cached_statements=_STATEMENTS_KEPT,
        )
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


async def to_the_end(work: asyncio.Future[T]) -> T:
    """Wait until it is done, however often whoever waits is cancelled meanwhile; that is raised then.

    A task is cancelled by a loop that is about to close: what its thread is told by then is done all the same, and nothing waits.
    """
    told: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait((work,))
        except asyncio.CancelledError as error:
            told = error
    if told:
        raise told from work.exception()
    return work.result()


def _inserts(insert: Insert, rows: Sequence[Row]) -> Iterator[tuple[str, list[Any]]]:
    """Statements that write all rows, each as wide as the table, the longest first."""
    start = 0
    for length in ROWS_A_STATEMENT:
        while len(rows) - start >= length:
            part = rows[start : start + length]
            yield _insert(insert, length, len(part[0])), list(chain.from_iterable(part))
            start += length


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _insert(insert: Insert, rows: int, width: int) -> str:
    tuples = ",".join([f"({','.join('?' * width)})"] * rows)
    return f"INSERT INTO {insert.into} VALUES {tuples} {insert.on_conflict}"
