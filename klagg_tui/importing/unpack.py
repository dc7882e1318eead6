"""The bytes of a file on disk, plain or packed, part by part; what goes wrong with it becomes one sentence."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final, NamedTuple, Protocol, cast

from klagg_tui.errors import BadFile

PIECE_BYTES: Final = 1 << 20
DAMAGE: Final = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError)
"""What unpacking raises where a file is damaged; `EOFError` where it was cut."""
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")


class Readable(Protocol):
    """Bytes, unpacked."""

    def read1(self, size: int, /) -> bytes:
        """At most so many of them; none at the end."""
        ...


class Part(NamedTuple):
    """A file, or a member of an archive, opened."""

    name: str
    unpacked: Readable
    on_disk: BufferedReader

    @property
    def is_packed(self) -> bool:
        """Whether it has a checksum of its own."""
        return self.unpacked is not self.on_disk


def parts(path: Path) -> Iterator[Part]:
    """The file itself, or what is packed in it; a zip archive's members by name."""
    if not path.is_file() and path.exists() and not path.is_dir():
        raise BadFile(f"{path} is a pipe or a device, and klagg looks at a file before it reads it; save it first.")
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head in _ZIP:
            yield from _members(path, file)
        elif head.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield Part(path.stem, unpacked, file)
        else:
            yield Part(path.name, file, file)


def unopened(path: Path) -> str:
    """Why a file cannot be opened, as a sentence; empty where it can."""
    try:
        with translated_errors(path):
            next(parts(path), None)
    except BadFile as error:
        return str(error)
    return ""


def broken_package(path: Path) -> str | None:
    """What a file is by its name but not by its first bytes: a zip or gzip file; None where they agree."""
    by_name = {".zip": ("zip", _ZIP), ".gz": ("gzip", (_GZIP,))}.get(path.suffix.lower())
    if by_name is None:
        return None
    with path.open("rb") as file:
        return None if file.read(4).startswith(by_name[1]) else by_name[0]


def _members(path: Path, file: BufferedReader) -> Iterator[Part]:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in sorted(members, key=lambda member: member.filename):
            if member.flag_bits & 1:
                raise BadFile(f"{path} is locked with a password; unpack it first.")
            with archive.open(member) as unpacked:
                yield Part(member.filename, cast("zipfile.ZipExtFile", unpacked), file)


def pieces(unpacked: Readable, size: int) -> Iterator[bytes]:
    """All there is, `size` at a time; what could be unpacked before a damage comes before it is raised."""
    parts: list[bytes] = []
    missing = size
    try:
        while part := unpacked.read1(missing):
            parts.append(part)
            missing -= len(part)
            if not missing:
                yield b"".join(parts)
                parts, missing = [], size
    except DAMAGE:
        yield b"".join(parts)
        raise
    yield b"".join(parts)


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """What goes wrong with a file, as one sentence for a person."""
    try:
        yield
    except DAMAGE as error:
        raise BadFile(
            f"{path} is damaged or ends in the middle; what could be read before that is kept. Fetch it again."
        ) from error
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror or error}.") from error
