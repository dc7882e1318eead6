"""The lines of a file on disk, plain or packed, in blocks; what the lines say is not known here."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from klagg_tui.errors import BadFile

BLOCK_BYTES: Final = 1 << 20
_LONGEST_LINE: Final = 16 << 20
_DAMAGE: Final = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError)
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


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
    """Every line of the file, some megabytes at a time; a zip archive's members one after the other.

    Raises:
        BadFile: it cannot be opened, holds no lines, or is damaged; what came before has been given out.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            if head in _ZIP:
                yield from _zip_blocks(path, file, block_bytes)
            elif head.startswith(_GZIP):
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield from _blocks_of(path, path.stem, unpacked, file, block_bytes)
            else:
                yield from _blocks_of(path, path.name, file, file, block_bytes)
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _damaged(path) from error
        raise BadFile(f"{path} cannot be read: {error.strerror or error}.") from error
    except _DAMAGE as error:
        raise _damaged(path) from error


def _zip_blocks(path: Path, file: IO[bytes], block_bytes: int) -> Iterator[Block]:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in sorted(members, key=lambda member: member.filename):
            if member.flag_bits & 1:
                raise BadFile(f"{path} is locked with a password; unpack it first.")
            with archive.open(member) as unpacked:
                yield from _blocks_of(path, member.filename, unpacked, file, block_bytes)


def _blocks_of(path: Path, part: str, unpacked: _Readable, on_disk: IO[bytes], size: int) -> Iterator[Block]:
    first_line, rest = 1, b""
    while data := unpacked.read(size):
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


def _lines(data: bytes) -> list[str]:
    """Split at line feeds only: other ends of line that Unicode knows may stand inside a JSON text."""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    return text.split("\n")


def _damaged(path: Path) -> BadFile:
    return BadFile(f"{path} is damaged or ends in the middle; what could be read before that is kept. Fetch it again.")
