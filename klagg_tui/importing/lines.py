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


def blocks(path: Path, block_bytes: int = PIECE_BYTES) -> Generator[Block]:
    """Every line of the file, about a megabyte at a time; a zip archive's members one after the other.

    Raises:
        BadFile: it cannot be opened, holds no text, or is damaged; what came before has been given out.
    """
    with translated_errors(path):
        for part in parts(path):
            yield from _blocks_of(part, block_bytes)


def _blocks_of(part: Part, size: int) -> Iterator[Block]:
    first_line, rest = 1, b""
    for data in pieces(part.unpacked, size):
        whole, newline, rest_of_data = data.rpartition(b"\n")
        if not newline:
            # No row is that long: of one that is, its beginning stays to be refused by, however long it goes on.
            rest = rest + data if len(rest) + len(data) <= _LONGEST_LINE else rest[:_SHOWN_OF_LONGER] + b"\0"
            continue
        lines = _lines(rest + whole)
        yield Block(part.name, first_line, lines, part.on_disk.tell())
        first_line += len(lines)
        rest = rest_of_data
    if rest:
        yield Block(part.name, first_line, _lines(rest), part.on_disk.tell(), is_cut=True)


def _lines(data: bytes) -> list[str]:
    """Split at line feeds only: other ends of line that Unicode knows may stand inside a JSON text."""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    return text.split("\n")
