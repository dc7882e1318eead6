"""One file onto the disk: resumed where it stopped, and whole only where its checksum says so.

What has come of a file lies beside its place as `NAME.zip.ETAG.part`, so that bytes of two editions never meet.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from klagg_tui.errors import BadFile, DiskError, Refused, Unreachable
from klagg_tui.fetching.plan import Wanted
from klagg_tui.fetching.remote import Archive

_SPARE_BYTES: Final = 64 * 1024**2
"""Of the disk, which the database needs meanwhile."""
_EDITIONS: Final = 3
"""How many times a file is fetched whose bytes do not fit its checksum: it may be published anew meanwhile."""


class Download:
    """Fetches files into a folder, each below it as it lies in the archive."""

    def __init__(self, archive: Archive, folder: Path, on_bytes: Callable[[str, int], None]) -> None:
        """`on_bytes`: told how many bytes of a key are there."""
        self._archive = archive
        self._folder = folder
        self._on_bytes = on_bytes

    async def file(self, wanted: Wanted) -> tuple[Path, str]:
        """Where it lies, and its SHA-256.

        Raises:
            BadFile: its bytes do not fit its checksum, however often they are fetched.
            Refused: there is no such file any more, or no checksum of it.
            ExchangeError: it cannot be had.
            DiskError: it cannot be written.
        """
        key = wanted.entry.key
        path = self._folder / key
        with _disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_EDITIONS):
            expected = await self._archive.digest(key)
            if not path.exists():
                await self._fetch(wanted, path)
            self._on_bytes(key, wanted.entry.size)
            with _disk(path):
                if await asyncio.to_thread(_digest, path) == expected:
                    return path, expected
                path.unlink()
        raise BadFile(
            f"{wanted.name} is not what its checksum file says (SHA-256): nothing of it was taken; try again later."
        )

    async def _fetch(self, wanted: Wanted, path: Path) -> None:
        """All of it, as it is published now."""
        edition = _Edition(path, wanted.entry.etag)

        async def go_on() -> None:
            async with (
                self._archive.turns,
                self._archive.files.open(wanted.entry.key, edition.size, edition.etag) as answer,
            ):
                if answer.etag and answer.etag != edition.etag:
                    edition.become(answer.etag)
                    if answer.first:  # a host that does not know If-Range
                        raise Unreachable(f"{wanted.name} was published anew while it came.")
                with _disk(path), edition.part.open("r+b" if answer.first else "wb") as out:
                    out.seek(answer.first)
                    self._require_room(wanted.entry.size - answer.first)
                    async for piece in answer.pieces:
                        out.write(piece)
                        self._on_bytes(wanted.entry.key, out.tell())

        if not edition.size or edition.size != wanted.entry.size:
            try:
                await self._archive.files.patiently(go_on, lambda: edition.size)
            except Refused as error:
                if error.code != 416:  # all of it has come
                    raise
        with _disk(path):
            edition.part.replace(path)

    def _require_room(self, size: int) -> None:
        """Say it before the database beside it has no room either."""
        if shutil.disk_usage(self._folder).free < size + _SPARE_BYTES:
            raise OSError(errno.ENOSPC, "no space left")


class _Edition:
    """What has come of a file as it was published at some time."""

    def __init__(self, path: Path, etag: str) -> None:
        self._path = path
        self.etag = etag
        for other in path.parent.glob(f"{path.name}.*.part"):
            if other != self.part:
                other.unlink()

    @property
    def part(self) -> Path:
        return self._path.with_name(f"{self._path.name}.{self.etag}.part")

    @property
    def size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def become(self, etag: str) -> None:
        """It was published anew."""
        self.part.unlink(missing_ok=True)
        self.etag = etag if etag.replace("-", "").isalnum() else "unknown"


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskError(
                f"The disk with {path.parent} is full: what is whole is kept; free some space, and the same command goes on from there."
            ) from error
        raise DiskError(f"{path} cannot be written ({error.strerror}): what is whole is kept.") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
