"""Errors of SQLite and of the file system, as one sentence for a person."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from klagg_tui.errors import DatabaseBusy, DatabaseLocked, DiskError, NotADatabase, StorageError

_PRIMARY: Final = 0xFF
"""The low byte of an extended result code is the primary one: https://sqlite.org/rescode.html."""
_DAMAGE: Final = ("no such table", "no such column", "Could not decode to UTF-8", "JSON cannot hold BLOB", "malformed")
"""How SQLite's complaints about a page begin that still looks like one; they have no code of their own."""
_ANOTHER: Final = "name another file with --db"
_UNREADABLE: Final = (TypeError, ValueError, LookupError, OverflowError)
"""What making a value of a damaged row raises."""


@contextmanager
def translate_errors(path: Path, remedy: str = _ANOTHER) -> Iterator[None]:
    """Turn errors of SQLite and of the system about the database at `path` into ours; `remedy`: what a person can do."""
    try:
        yield
    except sqlite3.Error as error:
        raise from_sqlite(error, path, remedy) from error
    except UnicodeDecodeError as error:  # where SQLite's own complaint quotes a damaged page
        raise damaged(path) from error
    except OSError as error:
        raise from_os(error, path, remedy) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what a row of the database at `path` raises that cannot be what was written into `damaged`."""
    try:
        yield
    except _UNREADABLE as error:
        raise damaged(path) from error


def from_sqlite(error: sqlite3.Error, path: Path, remedy: str = _ANOTHER) -> StorageError:
    """Our error for what SQLite's means for the database at `path`."""
    code = _primary(error)
    if code == sqlite3.SQLITE_FULL:
        return _full(path)
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return read_only(path, remedy)
    if code == sqlite3.SQLITE_CANTOPEN:
        return _closed(path, remedy)
    if code == sqlite3.SQLITE_CORRUPT or str(error).startswith(_DAMAGE):
        return damaged(path)
    if code == sqlite3.SQLITE_NOTADB:
        return not_a_database(path)
    if is_locked(error):
        return _locked(path)
    return DiskError(f"{path} cannot be used ({error}): nothing was changed; check the disk.")


def from_os(error: OSError, path: Path, remedy: str = _ANOTHER) -> DiskError:
    """The same for an error of the system."""
    if error.errno == errno.ENOSPC:
        return _full(path)
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return read_only(path, remedy)
    return _closed(path, remedy)


def read_only(path: Path, remedy: str = _ANOTHER) -> DiskError:
    """The file is on a read-only disk, or this user may not write to it."""
    return DiskError(f"{path} cannot be written to (read-only): nothing was changed; {remedy}.")


def not_a_database(path: Path) -> NotADatabase:
    """The file is of another kind."""
    return NotADatabase(f"{path} is not a klagg database: nothing was changed; name another file with --db.")


def damaged(path: Path) -> DiskError:
    """Pages of the file do not hold what was written to them."""
    return DiskError(f"{path} is damaged: restore a backup, or name another file with --db.")


def moved(path: Path) -> DiskError:
    """What is open is not any more what is found at `path`."""
    return DiskError(
        f"{path} was removed, replaced or moved while klagg was writing to it: nothing is written any more; "
        "put it back, or start klagg again."
    )


def missing(path: Path) -> StorageError:
    """There is no database yet."""
    return StorageError(
        f"There is no database at {path} yet; `klagg` or `klagg import` creates one, --db names another."
    )


def busy(path: Path) -> DatabaseBusy:
    """Another klagg has its `WriterLock`."""
    return DatabaseBusy(
        f"Another klagg is writing to {path}: nothing was changed; close it, or name another file with --db."
    )


def _locked(path: Path) -> DatabaseLocked:
    """Whoever locks the database itself is no klagg that writes: that one has the lock beside it."""
    return DatabaseLocked(
        f"Another program has locked {path}: nothing was changed; close it there, or name another file with --db."
    )


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another connection stands in the way."""
    return _primary(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _primary(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY


def _full(path: Path) -> DiskError:
    return DiskError(
        f"The disk with {path} is full: the last write was undone and what is stored is safe; free some space."
    )


def _closed(path: Path, remedy: str) -> DiskError:
    return DiskError(f"{path} cannot be opened: nothing was changed; check its folder, or {remedy}.")
