"""Where the socket of a recorder is: beside its database, for its user alone.

It is made in a folder that only this user may look into, and moved from there: so nobody else could open it at any moment, and what a
recorder left behind that was killed is replaced in one step. The name of a socket may have a hundred bytes or so
(unix(7): 108, macOS: 104); where the database's is longer, the socket is in the user's folder for such things.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from klagg_tui.storage.connection import beside

SUFFIX: Final = ".sock"
_LONGEST: Final = 100
_OWN_FOLDER: Final = ".klagg-"
_BACKLOG: Final = 100
_OTHERS: Final = 0o077


def places(database: Path) -> Iterator[Path]:
    """Where the socket of the database's recorder may be, the usual place first."""
    near = beside(database, SUFFIX)
    if _fits(near):
        yield near
    name = hashlib.sha256(os.fsencode(database.resolve())).hexdigest()[:16]
    yield _own_folder() / f"{name}{SUFFIX}"


def is_ours(path: Path) -> bool:
    """Whether there is a socket of this user."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid()


class Listening:
    """A socket that listens, and the name it has."""

    def __init__(self, path: Path, bound: socket.socket) -> None:
        """Use `listen`."""
        self.path = path
        self.socket = bound
        self._file = _file_of(path)

    def remove(self) -> None:
        """Take the name away, where it is still this socket's."""
        with suppress(OSError):
            if _file_of(self.path) == self._file:
                self.path.unlink()
            if self.path.parent == _own_folder():
                self.path.parent.rmdir()  # where nobody else has one in it


def listen(database: Path) -> Listening:
    """A socket for the windows of a database's recorder.

    Raises:
        OSError: there can be none.
    """
    refused: OSError | None = None
    for path in places(database):
        try:
            return Listening(path, _bound(path, is_shared=path.parent == database.resolve().parent))
        except OSError as error:
            refused = error
    raise refused or OSError("there is no place for a socket")


def _bound(path: Path, *, is_shared: bool) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError("this system has no unix sockets")
    if path.exists() and not is_ours(path):
        raise FileExistsError(f"{path} is something else")
    if not is_shared:
        _require_own_folder(path.parent)
    folder = Path(tempfile.mkdtemp(prefix=_OWN_FOLDER, dir=path.parent))  # for its owner alone
    made, name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), folder / "s"
    try:
        made.bind(os.fspath(name))
        name.chmod(0o600)
        made.listen(_BACKLOG)
        name.rename(path)
    except BaseException:
        made.close()
        with suppress(OSError):
            name.unlink()
        raise
    finally:
        with suppress(OSError):
            folder.rmdir()
    return made


def _require_own_folder(folder: Path) -> None:
    """Make it where there is none; refuse one that others may write to or read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
        raise PermissionError(f"{folder} is not this user's alone")


def _own_folder() -> Path:
    """This user's folder for sockets: the same for a terminal, a service and whoever is started by a clock, whatever is set there."""
    run = Path(f"/run/user/{os.geteuid()}")
    return run / "klagg" if run.is_dir() else Path(tempfile.gettempdir()) / f"klagg-{os.geteuid()}"


def _fits(path: Path) -> bool:
    """Whether a socket can be bound there, and in the folder that it is made in."""
    longest = max(len(os.fsencode(path)), len(os.fsencode(path.parent)) + len(_OWN_FOLDER) + len("/12345678/s"))
    return longest <= _LONGEST


def _file_of(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
