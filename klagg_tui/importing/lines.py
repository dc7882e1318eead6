"""The lines of a file on disk, plain or packed, in blocks; what the lines say is not known here."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.importing.unpack import PIECE_BYTES, Part, parts, pieces, translated_errors

_LONGEST_LINE: Final = 16 << 20
_SHOWN_OF_LONGER: Final = 100


class Block(NamedTuple):
    """Whole lines of one part of a file, without their ends."""

    part: str
    """Name of the file, or of the member of an archive."""
    first_line: int
    """Number of the first of the lines within the part, from 1."""
    lines: list[str]
    read_bytes: int
    """How far into the file on disk this is: what a progress bar wants, also for packed files."""
    is_cut: bool = False
    """The last line lacks its end, so nobody can say whether it is whole."""

    def where(self, at: int) -> str:
        """The place of one of the lines, for a person."""
        return f"{self.part}, line {self.first_line + at}"

    def is_first(self, at: int) -> bool:
        """Whether one of the lines is the first of its part."""
        return self.first_line + at == 1


class RawBlock(NamedTuple):
    """The same before anything of it is read: the last line's end is left out, every other one is there."""

    part: str
    first_line: int
    data: bytes
    read_bytes: int
    is_cut: bool = False

    @property
    def line_count(self) -> int:
        """How many lines."""
        return self.data.count(b"\n") + 1

    def read(self, most: int | None = None) -> Block:
        """Its lines, of which no more than so many."""
        data = self.data if most is None else b"\n".join(self.data.split(b"\n", most)[:most])
        return Block(self.part, self.first_line, _lines(data), self.read_bytes, self.is_cut)


def blocks(path: Path, block_bytes: int = PIECE_BYTES) -> Generator[Block]:
    """Every line of the file, about a megabyte at a time; a zip archive's members one after the other.

    Raises:
        BadFile: it cannot be opened, holds no text, or is damaged; what came before has been given out.
    """
    for block in raw_blocks(path, block_bytes):
        yield block.read()


def raw_blocks(path: Path, block_bytes: int = PIECE_BYTES) -> Generator[RawBlock]:
    """The same blocks, not taken apart into lines; raises as `blocks` does."""
    with translated_errors(path):
        for part in parts(path):
            yield from _blocks_of(part, block_bytes)


def _blocks_of(part: Part, size: int) -> Iterator[RawBlock]:
    first_line, rest = 1, b""
    for data in pieces(part.unpacked, size):
        whole, newline, rest_of_data = data.rpartition(b"\n")
        if not newline:
            # No row is that long: of one that is, its beginning stays to be refused by, however long it goes on.
            rest = rest + data if len(rest) + len(data) <= _LONGEST_LINE else rest[:_SHOWN_OF_LONGER] + b"\0"
            continue
        block = RawBlock(part.name, first_line, rest + whole, part.on_disk.tell())
        yield block
        first_line += block.line_count
        rest = rest_of_data
    if rest:
        yield RawBlock(part.name, first_line, rest, part.on_disk.tell(), is_cut=True)


def _lines(data: bytes) -> list[str]:
    """Split at line feeds only: other ends of line that Unicode knows may stand inside a JSON text."""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    return text.split("\n")
