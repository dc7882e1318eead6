"""The files of a dataset in a folder of this machine, or of a disk that several machines share."""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOENT
from pathlib import Path
from typing import Final

from klagg_tui.sinks.place import OWN, Found, told

_LEFT_S: Final = 3600
"""Nobody takes so long for a file."""
_PART: Final = ".part"
"""Behind the name of a file that is not whole yet."""
_LOCK: Final = "lock"
_NO_FOLDER: Final = "there is no such folder, and klagg makes only the last one"


class FolderPlace:
    """A folder. What is written lies under another name, in the one that is klagg's own, until it is whole and on the disk."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.as_uri()
        self._folder = folder
        self._own = folder / OWN

    async def prepare(self) -> None:
        """See `Place`; the folder in which it is made is not: a disk that is not there stays empty."""
        with told(self.name):
            if not self._folder.parent.is_dir():
                raise FileNotFoundError(ENOENT, _NO_FOLDER, str(self._folder.parent))
            self._folder.mkdir(exist_ok=True)
            self._own.mkdir(exist_ok=True)
            for part in self._own.glob(f"*{_PART}"):
                # Another klagg may be writing one just now.
                if time.time() - part.stat().st_mtime > _LEFT_S:
                    part.unlink(missing_ok=True)

    async def get(self, name: str) -> Found | None:
        """See `Place`."""
        with told(self.name):
            return self._read(name)

    async def put(self, name: str, data: bytes) -> None:
        """See `Place`."""
        with told(self.name), self._written(data) as part:
            self._rename(part, name)
            _sync((self._folder / name).parent)

    async def swap(self, name: str, data: bytes, before: Found | None) -> bool:
        """See `Place`."""
        with told(self.name), self._written(data) as part:
            with self._locked():
                if self._read(name) != before:
                    return False
                self._rename(part, name)
            _sync((self._folder / name).parent)
        return True

    async def empty(self, name: str, nothing: bytes, before: Found) -> bool:  # noqa: ARG002
        """See `Place`; folders in which nothing is left go with it."""
        path = self._folder / name
        with told(self.name), self._locked():
            if self._read(name) != before:
                return False
            path.unlink(missing_ok=True)
            with suppress(OSError):
                for folder in path.relative_to(self._folder).parents[:-1]:
                    (self._folder / folder).rmdir()
        return True

    async def lost(self, *, is_last: bool) -> list[str]:  # noqa: ARG002
        """See `Place`: nothing is."""
        return []

    async def names(self, folder: str = "") -> list[str]:
        """See `Place`."""
        with told(self.name):
            found = (Path(root) / file for root, _, files in os.walk(self._folder / folder) for file in files)
            return [path.relative_to(self._folder).as_posix() for path in found]

    def _read(self, name: str) -> Found | None:
        try:
            return Found((self._folder / name).read_bytes())
        except FileNotFoundError:
            return None

    @contextmanager
    def _written(self, data: bytes) -> Iterator[Path]:
        """A file with these bytes, on the disk, which may be renamed."""
        part = self._own / f"{uuid.uuid4().hex}{_PART}"
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield part
        finally:
            part.unlink(missing_ok=True)

    def _rename(self, part: Path, name: str) -> None:
        path = self._folder / name
        _make(path.parent)
        part.replace(path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else swaps a file meanwhile, on a file system that has locks; elsewhere the moment between a look and a rename is left."""
        descriptor = os.open(self._own / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _make(folder: Path) -> None:
    """A folder, for good, and those it is in."""
    if not folder.exists():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
