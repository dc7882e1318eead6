"""The lines of a file on disk, plain or packed, in blocks; what the lines say is not known here."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final, NamedTuple, Protocol, cast

from klagg_tui.errors import BadFile

BLOCK_BYTES: Final = 1 << 20
_LONGEST_LINE: Final = 16 << 20
_DAMAGE: Final = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError)
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class Block(NamedTuple):
    """Whole lines of one part of a file, without their ends."""

    part: str
    """Name of the file, or of the member of an archive."""
    first_line: int
    """Number of the first of the lines within the part, from 1."""
    lines: list[str]
    read_bytes: int
    """How far into the file on disk this is: what a progress bar wants, also for packed files."""

    def where(self, at: int) -> str:
        """The place of one of the lines, for a person."""
        return f"{self.part}, line {self.first_line + at}"


def blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Generator[Block]:
    """Every line of the file, about a megabyte at a time; a zip archive's members one after the other.

    Raises:
        BadFile: it cannot be opened, holds no text, or is damaged; what came before has been given out.
    """
    with _told(path):
        for part, unpacked, on_disk in _parts(path):
            yield from _blocks_of(path, part, unpacked, on_disk, block_bytes)


def check(path: Path) -> Iterator[None]:
    """Unpack a packed file once, before anything of it counts: its checksum stands at its end. Yields now and then.

    A file that was cut passes, because what is there of it is right.

    Raises:
        BadFile: it does not unpack to what was packed.
    """
    with _told(path):
        try:
            for _, unpacked, _ in _parts(path):
                if not isinstance(unpacked, BufferedReader):
                    for _ in _pieces(unpacked, BLOCK_BYTES):
                        yield
        except EOFError:
            return
        except _DAMAGE as error:
            raise BadFile(
                f"{path} is damaged: its checksum is wrong, and nothing of it was taken. Fetch it again."
            ) from error


class _Part(NamedTuple):
    """A file, or a member of an archive, opened."""

    name: str
    unpacked: _Readable
    on_disk: BufferedReader


def _parts(path: Path) -> Iterator[_Part]:
    if not path.is_file() and path.exists() and not path.is_dir():
        raise BadFile(f"{path} is a pipe or a device, and klagg looks at a file before it reads it; save it first.")
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head in _ZIP:
            yield from _members(path, file)
        elif head.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield _Part(path.stem, unpacked, file)
        else:
            yield _Part(path.name, file, file)


def _members(path: Path, file: BufferedReader) -> Iterator[_Part]:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in sorted(members, key=lambda member: member.filename):
            if member.flag_bits & 1:
                raise BadFile(f"{path} is locked with a password; unpack it first.")
            with archive.open(member) as unpacked:
                yield _Part(member.filename, cast("zipfile.ZipExtFile", unpacked), file)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with a file, as one sentence."""
    try:
        yield
    except _DAMAGE as error:
        raise BadFile(
            f"{path} is damaged or ends in the middle; what could be read before that is kept. Fetch it again."
        ) from error
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror or error}.") from error


def _blocks_of(path: Path, part: str, unpacked: _Readable, on_disk: BufferedReader, size: int) -> Iterator[Block]:
    first_line, rest = 1, b""
    for data in _pieces(unpacked, size):
        whole, newline, rest_of_data = data.rpartition(b"\n")
        if not newline:
            rest += data
            if len(rest) > _LONGEST_LINE:
                raise BadFile(f"{path} is no text: it goes on for {len(rest) >> 20} MB without an end of line.")
            continue
        lines = _lines(rest + whole)
        yield Block(part, first_line, lines, on_disk.tell())
        first_line += len(lines)
        rest = rest_of_data
    if rest:
        yield Block(part, first_line, _lines(rest), on_disk.tell())


def _pieces(unpacked: _Readable, size: int) -> Iterator[bytes]:
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
    except _DAMAGE:
        yield b"".join(parts)
        raise
    yield b"".join(parts)


def _lines(data: bytes) -> list[str]:
    """Split at line feeds only: other ends of line that Unicode knows may stand inside a JSON text."""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    return text.split("\n")
