"""Opening a database file: its header is read before it is touched, it is locked while it is written to and brought up to date.

A writer holds two locks, both dropped by the system when the process dies, however it dies, and never met by readers: one
on the file itself, whatever name it was reached by, and a SQLite lock on a small file beside it, which is also there where
the system cannot lock a file as such.

Here nobody opens the database but SQLite and the lock that is held to the end: closing any descriptor of a file drops
every lock that the process has on it, SQLite's own too, and another program would then take the log for left behind and
delete it (https://sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from klagg_tui.errors import DiskError, NewerDatabase, NotADatabase, StorageError
from klagg_tui.storage import disk_errors
from klagg_tui.storage.connection import COPY_INTO, Connection, beside
from klagg_tui.storage.disk_errors import translate_errors
from klagg_tui.storage.schema import APPLICATION_ID, MIGRATIONS, READABLE

log = logging.getLogger(__name__)

_LOCK_FILE: Final[int | None] = getattr(fcntl, "F_OFD_SETLK", None)
"""Locks an open file and not a process, so that SQLite's own opening and closing leaves it alone; Linux has it."""
_LOCKED_BYTE: Final = 1 << 62
"""Far behind the bytes that SQLite locks, those from 2^30 on (https://sqlite.org/fileformat.html, 1.4)."""

_BEGINNING: Final = b"SQLite format 3\0"
"""Of every SQLite database: https://sqlite.org/fileformat.html, 1.3."""
_BESIDE: Final = ("-wal", "-shm", "-journal", "-lock", "-lock-journal", ".before-update", ".sock")
"""What follows a database's name in those of the files that belong to it."""

Migrations = Sequence[Sequence[str]]


class WriterLock:
    """Held by the one process that writes to the database at `path`."""

    def __init__(self, path: Path) -> None:
        """Take the lock; where there is no database yet, an empty file stands for it.

        Raises:
            DatabaseBusy: another klagg has it.
            DiskError: file or folder cannot be written to.
        """
        with translate_errors(path):
            self._connection = sqlite3.connect(
                beside(path, "-lock"), timeout=0, isolation_level=None, check_same_thread=False
            )
            try:
                self._connection.execute("BEGIN EXCLUSIVE")
                self._descriptor = _locked(path)
            except (sqlite3.Error, OSError, StorageError) as error:
                self._connection.close()
                if isinstance(error, sqlite3.Error) and disk_errors.is_locked(error):
                    raise disk_errors.busy(path) from error
                raise

    def release(self) -> None:
        """Give it back, when all connections of this process to the database are closed.

        The file beside it stays: deleting it would let two processes lock two files of one name. Only with the database itself
        it may go: what comes next then locks a new one.
        """
        os.close(self._descriptor)
        self._connection.close()


def _locked(path: Path) -> int:
    """A descriptor that holds the lock on the file itself."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if _LOCK_FILE is not None:
            # struct flock: an exclusive lock, from the start of the file, on one byte, by no process.
            fcntl.fcntl(descriptor, _LOCK_FILE, struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, _LOCKED_BYTE, 1, 0))
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.ENOTSUP}:  # a file system without such locks
            return descriptor
        os.close(descriptor)
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            raise disk_errors.busy(path) from error
        raise
    return descriptor


def has_database(path: Path, migrations: Migrations = MIGRATIONS) -> bool:
    """Whether there is a database at `path`, judged by its header alone; an empty file is not one yet.

    Raises:
        NotADatabase: it is another kind of file.
        NewerDatabase: a newer klagg wrote it.
        DiskError: it cannot be read.
    """
    if path.is_dir():
        raise disk_errors.not_a_database(path)
    try:
        is_empty = path.stat().st_size == 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise disk_errors.from_os(error, path) from error
    if is_empty:
        return False
    application_id, version = _header(path)
    if application_id != APPLICATION_ID:
        raise disk_errors.not_a_database(path)
    _refuse_newer(path, version, migrations)
    return True


def harm_of(path: Path, to_be_made: Path | None = None) -> str | None:
    """A sentence where writing another kind of file to `path` would destroy a SQLite database, any program's; None otherwise.

    `to_be_made`: a database that need not exist yet.
    """
    owner = owner_of(path, to_be_made)
    if owner is None:
        return None
    itself = "is a SQLite database" if owner.exists() else "is to be the database itself"
    what = itself if owner == path.resolve() else f"belongs to the database {owner.name}"
    return f"{path} {what}: nothing was written; name another file."


def owner_of(path: Path, to_be_made: Path | None = None) -> Path | None:
    """The SQLite database that the file at `path` is, or belongs to by its name; links are followed."""
    try:
        real, made = path.resolve(), to_be_made and to_be_made.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return None
    owners = [
        real.with_name(real.name[: -len(end)]) for end in _BESIDE if real.name.removesuffix(end) not in {"", real.name}
    ]
    return next((one for one in (real, *owners) if one == made or _is_sqlite(one)), None)


def _is_sqlite(path: Path) -> bool:
    """Judged by its first bytes, which are left to SQLite to be read wherever it may hold a lock on the file."""
    if not (os.access(path, os.R_OK) and path.is_file() and path.stat().st_size):
        return False
    try:
        _header(path)
    except NotADatabase:  # so SQLite has no lock on it
        with suppress(OSError), path.open("rb") as file:
            return file.read(len(_BEGINNING)) == _BEGINNING
        return False
    except StorageError:
        return True
    return True


class Made:
    """What making a database at `path` brings about, to be taken back where it was of no use."""

    def __init__(self, path: Path) -> None:
        """Look what is there before."""
        real = path.resolve()
        ours = [real, *(beside(path, end) for end in ("-wal", "-shm", "-lock"))]
        self._files = [] if real.exists() else [one for one in ours if not one.exists()]
        self._folders = [folder for folder in real.parents if not folder.exists()]

    def __bool__(self) -> bool:
        """Whether there was no such file."""
        return bool(self._files)

    def remove_files(self) -> None:
        """While the `WriterLock` is still held."""
        with suppress(OSError):
            for file in self._files:
                file.unlink(missing_ok=True)

    def remove_folders(self) -> None:
        """Afterwards, as far as nothing else is in them."""
        with suppress(OSError):
            for folder in self._folders:
                folder.rmdir()


def is_to_be_migrated(path: Path) -> bool:
    """Whether the database at `path` was written by an older klagg; what is no database is none of one."""
    with suppress(OSError, StorageError):
        if path.stat().st_size:
            application_id, version = _header(path)
            return application_id == APPLICATION_ID and 0 < version < len(MIGRATIONS)
    return False


def copy_of(path: Path) -> Path:
    """Where a database lies as it was before it was brought up to date, until klagg has ended once as it should."""
    return beside(path, ".before-update")


def require_writable(path: Path) -> None:
    """Check, without opening it, that the database at `path` may be written to.

    Raises:
        DiskError: it may not.
    """
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise disk_errors.read_only(path)


def _header(path: Path) -> tuple[int, int]:
    """Application id and layout, read by SQLite without a lock, a look at the log, or a file beside it."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with translate_errors(path), closing(sqlite3.connect(uri, uri=True)) as connection:
        # While the log is copied into the file, and where that was interrupted, the header tells of pages that are still to
        # come; SQLite calls that damage unless it is told that the file may be in disorder.
        connection.execute("PRAGMA writable_schema = ON")
        return _cookie(connection, "application_id"), _cookie(connection, "user_version")


def _cookie(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


async def open_writer(path: Path, migrations: Migrations = MIGRATIONS) -> Connection:
    """The connection that writes, to a file of the newest version; made where there is none.

    The caller holds the `WriterLock`.
    """
    connection = await Connection.open(path, "rwc")
    try:
        await _migrate(connection, migrations)
        await connection.rows("PRAGMA journal_mode = WAL")
        await connection.rows("PRAGMA synchronous = NORMAL")
        await connection.rows("SELECT 1 FROM sqlite_master LIMIT 1")
        connection.keep_in_place()
    except BaseException:
        await connection.close()
        raise
    return connection


async def open_reader(path: Path, migrations: Migrations = MIGRATIONS) -> Connection:
    """A connection that only reads, beside whoever writes.

    Raises:
        StorageError: the file is older than what this klagg can read, and was not brought up to date yet.
    """
    connection = await _open_readable(path)
    try:
        await _require(connection, migrations, READABLE)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _require(connection: Connection, migrations: Migrations, least: int | None = None) -> None:
    """Refuse a file of a newer klagg, and one older than layout `least`, or than the newest."""
    version = await connection.value("PRAGMA user_version")
    _refuse_newer(connection.path, version, migrations)
    if version < min(least or len(migrations), len(migrations)):
        raise StorageError(
            f"{connection.path} was written by an older klagg: nothing was changed; run `klagg` once to bring it up to date."
        )


async def open_beside(path: Path, migrations: Migrations = MIGRATIONS) -> Connection:
    """A connection that writes to tables which the `WriterLock` does not guard, beside whoever writes bars.

    What it writes is on the disk when its transaction is over: it is little, and rare.

    Raises:
        StorageError: as for `open_reader`.
        DiskError: the file may not be written to.
    """
    require_writable(path)
    connection = await Connection.open(path, "rw")
    try:
        await _require(connection, migrations)
        # A file that is being made has tables before it has a log: who came in between would take the log for another file's.
        await connection.rows("PRAGMA journal_mode = WAL")
        await connection.rows("SELECT 1 FROM sqlite_master LIMIT 1")
        connection.keep_in_place()
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
            await connection.rows(COPY_INTO, (os.fsencode(half),))
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
    log = beside(path, "-wal")
    return log.exists() and log.stat().st_size > 0
