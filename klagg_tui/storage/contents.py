"""What a database file holds as a whole, and whether it is sound."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from klagg_tui.engine.period import Period, chain
from klagg_tui.storage import maintenance
from klagg_tui.storage.connection import Connection, beside
from klagg_tui.storage.maintenance import Counts, Holding
from klagg_tui.storage.opening import open_reader
from klagg_tui.storage.venues import Naming


class StoreContents:
    """The part of a `Store` that looks at the file as a whole: long questions, each on a connection of its own."""

    def __init__(self, reader: Connection, naming: Naming) -> None:
        self._reader = reader
        self._naming = naming

    async def count_before(self, period: Period, before_ms: int, periods: Sequence[Period]) -> int:
        """How many bars `delete_before` would delete, bit by bit, where `periods` are kept."""
        async with self._extra_reader() as connection:
            return await maintenance.count_before(connection, period, before_ms, chain(tuple(periods)))

    @property
    def size_bytes(self) -> int:
        """What the database takes on the disk, its write-ahead log included."""
        files = [self._reader.path, beside(self._reader.path, "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    async def counts(self) -> Counts:
        """Rows of each table."""
        async with self._extra_reader() as connection:
            return await maintenance.counts(connection)

    async def summary(self) -> tuple[Holding, ...]:
        """What is stored of each symbol and period; reads the whole history once."""
        async with self._extra_reader() as connection:
            return await maintenance.holdings(connection, self._naming)

    async def integrity_check(self) -> tuple[str, ...]:
        """What is wrong with the file; empty where it is sound. Reads all of it."""
        async with self._extra_reader() as connection:
            return await maintenance.integrity_check(connection)

    async def backup(self, to: Path) -> None:
        """A compact copy as of this moment, while everything goes on; raises `StorageError` where `to` exists."""
        async with self._extra_reader() as connection:
            await maintenance.backup(connection, to)

    @asynccontextmanager
    async def _extra_reader(self) -> AsyncIterator[Connection]:
        """A connection for long queries, so that nothing else waits for them."""
        connection = await open_reader(self._reader.path)
        try:
            yield connection
        finally:
            await connection.close()
