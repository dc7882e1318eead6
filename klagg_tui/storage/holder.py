"""Which process writes to a database, asked of the system without taking the lock that is asked about."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.storage.connection import beside

UNNAMED: Final = 0
"""Stands for a process that the system does not name, such as one outside of this container."""
_BYTES: Final = (1 << 30, 512)
"""First byte and number of those that SQLite locks: https://sqlite.org/fileformat.html, 1.4."""


class _Layout(NamedTuple):
    """`struct flock` of a system, and where in it kind, origin, start, length and process are."""

    form: str
    kind: int
    start: int
    length: int
    process: int


_LAYOUTS: Final[Mapping[str, _Layout]] = {
    "linux": _Layout("hhqqi4x", kind=0, start=2, length=3, process=4),
    "darwin": _Layout("qqihh", kind=3, start=0, length=1, process=2),
}


def holder_of(path: Path) -> int | None:
    """The process that holds the `WriterLock` of the database at `path`, maybe `UNNAMED`; None where nobody does.

    Not to be asked by a process that writes to it itself: it would be told of nobody, and lose SQLite's lock by the asking.

    Raises:
        OSError: the lock may not be looked at.
    """
    layout = _LAYOUTS[sys.platform]
    fields = [0] * 5
    fields[layout.kind], fields[layout.start], fields[layout.length] = fcntl.F_WRLCK, *_BYTES
    with suppress(FileNotFoundError):
        descriptor = os.open(beside(path, "-lock"), os.O_RDWR | os.O_CLOEXEC)
        try:
            told = struct.unpack(layout.form, fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(layout.form, *fields)))
        finally:
            os.close(descriptor)
        return None if told[layout.kind] == fcntl.F_UNLCK else max(told[layout.process], UNNAMED)
    return None
