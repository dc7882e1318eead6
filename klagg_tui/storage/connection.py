"""One connection to a database file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self, cast

import aiosqlite
import orjson

from klagg_tui.storage.disk_errors import of_sqlite, told
from klagg_tui.storage.statements import Insert, Row, inserts

Parameters = Sequence[Any] | Mapping[str, Any]

_PATIENCE_S: Final = 5.0
"""How long a connection waits for another program that reads or copies the file."""


class Connection:
    """One connection with its own thread; SQLite's errors come out as ours."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection

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
            raise of_sqlite(connector.error, path) from connector.error
        return cls(connection, path)

    async def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        with told(self.path):
            rows = await self._connection.execute_fetchall(sql, parameters)
        return cast("list[Row]", rows)

    async def gathered(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows that a statement gathers into one JSON text.

        Row by row SQLite's thread would give up and retake the interpreter lock: 30,000 rows took 0.1 s beside an idle
        engine and 4 s beside a busy one, gathered 0.1 and 0.15.
        """
        rows: list[Row] = orjson.loads(await self.value(sql, parameters))
        return rows

    async def value(self, sql: str, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - whatever was asked for
        """The first column of the first row, None where there is none."""
        rows = await self.rows(sql, parameters)
        return rows[0][0] if rows else None

    async def insert(self, insert: Insert, rows: Sequence[Row]) -> None:
        """Write many rows."""
        for statement in inserts(insert, rows):
            await self.rows(*statement)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All or nothing of what is done inside."""
        try:
            await self.rows("BEGIN IMMEDIATE")
            yield
            await self.rows("COMMIT")
        except BaseException:
            await asyncio.shield(self._connection.rollback())
            raise

    async def close(self) -> None:
        """Close; the thread ends."""
        with told(self.path):
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
