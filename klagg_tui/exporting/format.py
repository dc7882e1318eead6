"""What a format of exported files is: its name, what a file of it is called, and who writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO, Protocol

from klagg_tui.engine.bar import Bar
from klagg_tui.exporting.series import Series


class Holds(Enum):
    """What comes into a file."""

    ONE_SERIES = auto()
    """All that was selected, of one symbol and period."""
    SEVERAL_SERIES = auto()
    """All that was selected; each bar has to say whose it is."""
    PART = auto()
    """One series of those that were selected; the file's place says which."""


class Writer(Protocol):
    """Bars into one stream of bytes."""

    def begin(self, series: Series) -> None:
        """Bars of this series follow."""
        ...

    def write(self, bars: Sequence[Bar]) -> None:
        """Some bars."""
        ...

    def close(self) -> None:
        """No more bars."""
        ...

    def discard(self) -> None:
        """Let go of the stream, whatever is missing."""
        ...


class OpenWriter(Protocol):
    """Makes the `Writer` of a file."""

    def __call__(self, file: BinaryIO, holds: Holds, series: Series | None = None) -> Writer:
        """`series`: the first one; all of a file say as much of their venue and witness."""
        ...


def _no_fault(_: Series) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    name: str
    """As it is typed."""
    suffixes: tuple[str, ...]
    """Of files that are in this format, without that of packing."""
    bytes_per_bar: int
    """Measured on BTCUSDT; an estimate says about how much, not how much."""
    file_name: Callable[[Series], Path]
    """The place of a series in a folder."""
    open_writer: OpenWriter
    is_text: bool = True
    """Whether a person can read it in a terminal; what else there is has columns (see `frame_writer`)."""
    open_stream: OpenWriter | None = None
    """Opens the writer of a pipe, where that is another one than a file's."""
    needs_folder: bool = False
    """Whether it is a folder with files of fixed names, whose series say their venue and their coins."""
    fault_of: Callable[[Series], str | None] = _no_fault
    """A sentence where a series cannot be in this format."""
    holds_every_digit: bool = False
    """Whether a file says one number of decimals for all of its values, so that it has to be known what they need."""
    final_path: Callable[[Writer, Path], Path | None] | None = None
    """Where a file that is written goes whose name says what is in it; None: nowhere, for nothing is in it. May raise ExportError."""
