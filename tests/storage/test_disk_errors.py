"""Every complaint of SQLite and of the system has its sentence."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from klagg_tui.errors import DatabaseLocked, DiskError, NotADatabase, StorageError
from klagg_tui.storage.disk_errors import translate_errors

PATH = Path("folder") / "klagg.db"


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), DiskError, "full"),
        (of_sqlite(sqlite3.SQLITE_READONLY), DiskError, "read-only"),
        (of_sqlite(sqlite3.SQLITE_READONLY | 4 << 8), DiskError, "read-only"),
        (of_sqlite(sqlite3.SQLITE_PERM), DiskError, "read-only"),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), DiskError, "cannot be opened"),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), DiskError, "as SQLite says it"),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), DiskError, "damaged"),
        (of_sqlite(sqlite3.SQLITE_NOTADB), NotADatabase, "is not a klagg database"),
        (of_sqlite(sqlite3.SQLITE_BUSY), DatabaseLocked, "Another program has locked"),
        (of_sqlite(sqlite3.SQLITE_LOCKED), DatabaseLocked, "Another program has locked"),
        (sqlite3.ProgrammingError("no code at all"), DiskError, "no code at all"),
        (OSError(errno.ENOSPC, "no space"), DiskError, "full"),
        (OSError(errno.EROFS, "read-only"), DiskError, "read-only"),
        (PermissionError(errno.EACCES, "denied"), DiskError, "read-only"),
        (FileNotFoundError(errno.ENOENT, "nothing"), DiskError, "cannot be opened"),
    ],
)
def test_each_error_has_its_sentence(error: Exception, kind: type[StorageError], words: str) -> None:
    with pytest.raises(kind) as raised, translate_errors(PATH):
        raise error
    sentence = str(raised.value)
    assert words in sentence
    assert str(PATH) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert raised.value.__cause__ is error


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), translate_errors(PATH):
        raise KeyError
