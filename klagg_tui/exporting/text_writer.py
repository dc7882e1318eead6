"""Writes lines of text into a stream, each series with its own decimals; the formats of text are made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from klagg_tui.engine.bar import Bar
from klagg_tui.exporting.row import Line
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.text import TextLines


class TextWriter:
    """A `Writer` that also takes lines which the database wrote as it would."""

    def __init__(self, file: BinaryIO, line_of: Callable[[Series], Line], *, head: str = "") -> None:
        """Write the file's first line, where it has one."""
        self._file = file
        self._line_of = line_of
        self._lines: TextLines | None = None
        self.line: Line = ()
        """Of the series begun last."""
        if head:
            self.write_text(head.encode())

    def begin(self, series: Series) -> None:
        """See `Writer`."""
        self.line = self._line_of(series)
        self._lines = TextLines(series, self.line)

    def write(self, bars: Sequence[Bar]) -> None:
        """See `Writer`."""
        assert self._lines is not None
        self.write_text(self._lines.encoded(bars))

    def write_text(self, text: bytes) -> None:
        """Lines that are written already."""
        self._file.write(text)

    def close(self) -> None:
        """The file is its owner's to close."""

    def discard(self) -> None:
        """Nothing is kept here."""
