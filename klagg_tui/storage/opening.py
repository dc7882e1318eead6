"""Opening a database file: its header is read before it is touched, it is locked while it is written to and brought up to date.

The lock is a SQLite lock on a small file beside the database, held in a transaction for the writer's life: the system
drops it when the process dies, however it dies, and readers of the database never meet it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from klagg_tui.errors import DiskError, NewerDatabase, StorageError
from klagg_tui.storage import disk_errors
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.disk_errors import translate_errors
from klagg_tui.storage.schema import APPLICATION_ID, MIGRATIONS

log = logging.getLogger(__name__)

_MAGIC: Final = b"SQLite format 3\x00"
_VERSION_AT: Final = 60
_APPLICATION_ID_AT: Final = 68
"""https://sqlite.org/fileformat.html, the database header."""

Migrations = Sequence[Sequence[str]]


class WriterLock:
    """Held by the one process that writes to the database at `path`."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            DatabaseBusy: another process has it.
            DiskError: the folder cannot be written to.
        """
        beside = path.with_name(f"{path.name}-lock")
        with translate_errors(path):
            self._connection = sqlite3.connect(beside, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                self._connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error:
                self._connection.close()
                raise

    def release(self) -> None:
        """Give it back. The file stays: deleting it would let two processes lock two files of one name."""
        self._connection.close()


def has_database(path: Path, migrations: Migrations = MIGRATIONS) -> bool:
    """Whether there is a database at `path`, judged by its first bytes alone; an empty file is not one yet.

    Raises:
        NotADatabase: it is another kind of file.
        NewerDatabase: a newer klagg wrote it.
        DiskError: it cannot be read.
    """
    if path.is_dir():
        raise disk_errors.not_a_database(path)
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise disk_errors.from_os(error, path) from error
    if not header:
        return False
    if not header.startswith(_MAGIC) or _number(header, _APPLICATION_ID_AT) != APPLICATION_ID:
        raise disk_errors.not_a_database(path)
    _refuse_newer(path, _number(header, _VERSION_AT), migrations)
    return True


def is_to_be_migrated(path: Path) -> bool:
    """Whether the database at `path` was written by an older klagg; what is no database is none of one."""
    with suppress(OSError), path.open("rb") as file:
        header = file.read(100)
        return header.startswith(_MAGIC) and 0 < _number(header, _VERSION_AT) < len(MIGRATIONS)
    return False


def copy_of(path: Path) -> Path:
    """Where a database lies as it was before it was brought up to date, until klagg has ended once as it should."""
    return path.with_name(f"{path.name}.before-update")


async def open_writer(path: Path, migrations: Migrations = MIGRATIONS) -> Connection:
    """The connection that writes, to a file of the newest version; made where there is none.

    The caller holds the `WriterLock`.
    """
    connection = await Connection.open(path, "rwc")
    try:
        await _migrate(connection, migrations)
        await connection.rows("PRAGMA journal_mode = WAL")
        await connection.rows("PRAGMA synchronous = NORMAL")
    except BaseException:
        await connection.close()
        raise
    return connection


async def open_reader(path: Path, migrations: Migrations = MIGRATIONS) -> Connection:
    """A connection that only reads, beside whoever writes.

    Raises:
        StorageError: the file is older than this klagg and was not brought up to date yet.
    """
    connection = await _open_readable(path)
    try:
        version = await connection.value("PRAGMA user_version")
        _refuse_newer(path, version, migrations)
        if version < len(migrations):
            raise StorageError(
                f"{path} was written by an older klagg: nothing was changed; run `klagg` once to bring it up to date."
            )
    except BaseException:
        await connection.close()
        raise
    return connection


async def _open_readable(path: Path) -> Connection:
    """On a read-only disk SQLite cannot make the files that readers and a writer share: then nobody writes either."""
    connection = await Connection.open(path, "ro")
    try:
        await connection.rows("SELECT 1 FROM sqlite_master LIMIT 1")
    except DiskError:
        await connection.close()
        if _has_log(path):
            raise
        return await Connection.open(path, "ro&immutable=1")
    except BaseException:
        await connection.close()
        raise
    return connection


async def _migrate(connection: Connection, migrations: Migrations) -> None:
    """Bring the file to the newest version, step by step, each step whole or not at all; a copy of an older file is kept."""
    version = await connection.value("PRAGMA user_version")
    _refuse_newer(connection.path, version, migrations)
    if 0 < version < len(migrations):
        log.warning("%s is brought up to date (layout %d to %d)", connection.path, version, len(migrations))
        await _keep_copy(connection)
    for number in range(version, len(migrations)):
        async with connection.transaction():
            for statement in migrations[number]:
                await connection.rows(statement)
            await connection.rows(f"PRAGMA application_id = {APPLICATION_ID}")
            await connection.rows(f"PRAGMA user_version = {number + 1}")
    if version < len(migrations):
        # The next klagg looks at the header before it opens anything, so the header must be in the file, not beside it.
        await connection.rows("PRAGMA wal_checkpoint(TRUNCATE)")


async def _keep_copy(connection: Connection) -> None:
    """Write the file as it is beside itself, whole or not at all."""
    copy = copy_of(connection.path)
    half = copy.with_name(f".{copy.name}.part")
    with translate_errors(copy):
        half.unlink(missing_ok=True)
        try:
            await connection.rows("VACUUM INTO ?", (str(half),))
            half.replace(copy)
        finally:
            half.unlink(missing_ok=True)


def _refuse_newer(path: Path, version: int, migrations: Migrations) -> None:
    if version > len(migrations):
        raise NewerDatabase(
            f"{path} was written by a newer klagg (layout {version}, this one knows {len(migrations)}): nothing was "
            "changed; update klagg, or name another file with --db."
        )


def _has_log(path: Path) -> bool:
    """Whether something was written that is not in the file itself yet."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _number(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], "big")
