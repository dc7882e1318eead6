"""Bars into what was asked for: one file, a folder of files, or a pipe, in one of the formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

from klagg_tui.engine.bar import Bar
from klagg_tui.errors import ExportError
from klagg_tui.exporting.files import Beside, Format, Series, cannot_write, file_name
from klagg_tui.exporting.text import (
    COLUMNS,
    SERIES_COLUMNS,
    Line,
    csv_layout,
    encoded,
    json_layout,
    line_of,
    series_csv_layout,
    wording_of,
)
from klagg_tui.storage.lines import RowFormat

Target: TypeAlias = Path | BinaryIO
"""A file or folder to be written, or an open pipe."""


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


class Output:
    """The target while bars are written to it. `is_split`: a folder with a file for each series."""

    def __init__(self, target: Target, form: Format, *, is_split: bool, is_mixed: bool) -> None:
        """Nothing is opened yet; `is_mixed`: several series go into one file."""
        self._target = target
        self._form = form
        self._is_split = is_split
        self._is_mixed = is_mixed
        self._files: list[Beside] = []
        self._writer: Writer | None = None

    @property
    def paths(self) -> list[Path]:
        """The files written so far."""
        return [file.path for file in self._files]

    def begin(self, series: Series) -> None:
        """Bars of this series follow; raises as `write` does."""
        with self._told():
            if self._writer is None or self._is_split:
                self._close_writer()
                self._writer = self._made(series)
            self._writer.begin(series)

    def write(self, bars: Sequence[Bar]) -> None:
        """Some bars of the series begun last.

        Raises:
            BrokenPipeError: whoever read the pipe went away.
            ExportError: the disk refuses.
        """
        assert self._writer is not None
        with self._told():
            self._writer.write(bars)

    @property
    def wording(self) -> RowFormat | None:
        """How the database may write lines of the series begun last, None where it has to be bars."""
        return self._writer.wording if isinstance(self._writer, _TextWriter) else None

    def write_lines(self, text: bytes) -> None:
        """Lines in that wording; raises as `write` does."""
        assert isinstance(self._writer, _TextWriter)
        with self._told():
            self._writer.write_lines(text)

    def finish(self) -> None:
        """Put all files in their place; raises as `write` does."""
        with self._told():
            self._close_writer()
            if not isinstance(self._target, Path):
                self._target.flush()
            for file in self._files:
                file.take_place()

    def discard(self) -> None:
        """Leave nothing behind, where that can be helped."""
        if self._writer is not None:
            self._writer.discard()
        for file in reversed(self._files):
            file.discard()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The system's troubles as ours, but for a pipe's end."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            path = self._files[-1].path if self._files else Path("The pipe")
            raise cannot_write(path, error) from error

    def _made(self, series: Series) -> Writer:
        if not isinstance(self._target, Path):
            return self._writer_to(self._target)
        path = self._target / file_name(series, self._form) if self._is_split else self._target
        if not self._is_split and path.is_dir():
            raise ExportError(
                f"{path} is a folder; end its name with / to have a file for each symbol and period in it."
            )
        self._files.append(Beside(path))
        return self._writer_to(self._files[-1].file)

    def _writer_to(self, file: BinaryIO) -> Writer:
        if self._form is not Format.PARQUET:
            return _TextWriter(file, self._form, is_mixed=self._is_mixed and not self._is_split)
        from klagg_tui.exporting.parquet import ParquetBars

        return ParquetBars(file, with_series=not self._is_split)

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            if self._files:
                self._files[-1].close()
            self._writer = None


class _TextWriter:
    """Lines of text, each series with its own decimals."""

    def __init__(self, file: BinaryIO, form: Format, *, is_mixed: bool) -> None:
        self._file = file
        self._layout_of = json_layout if form is Format.JSONL else series_csv_layout if is_mixed else csv_layout
        self._line: Line | None = None
        self.wording: RowFormat | None = None
        if form is Format.CSV:
            file.write(f"{SERIES_COLUMNS if is_mixed else COLUMNS}\n".encode())

    def begin(self, series: Series) -> None:
        layout = self._layout_of(series)
        self._line = line_of(series, layout)
        self.wording = wording_of(series, layout)

    def write(self, bars: Sequence[Bar]) -> None:
        assert self._line is not None
        self.write_lines(encoded(self._line, bars))

    def write_lines(self, text: bytes) -> None:
        self._file.write(text)

    def close(self) -> None:
        """The file is its owner's to close."""

    def discard(self) -> None:
        """Nothing is kept here."""
