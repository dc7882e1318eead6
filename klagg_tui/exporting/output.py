"""Bars into what was asked for: one file, a folder of files, or a pipe, in one of the formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from klagg_tui.engine.bar import Bar
from klagg_tui.errors import ExportError
from klagg_tui.exporting.files import PartialFile, cannot_write, fault_of_folder
from klagg_tui.exporting.format import Format, Holds, Writer
from klagg_tui.exporting.row import Line
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.text_writer import TextWriter

if TYPE_CHECKING:
    import polars as pl

    from klagg_tui.exporting.frame_writer import FrameWriter

Target: TypeAlias = Path | BinaryIO
"""A file or folder to be written, or an open pipe."""


class Output:
    """The target while bars are written to it. `is_split`: a folder with a file for each series."""

    def __init__(
        self, target: Target, form: Format, *, is_split: bool, is_mixed: bool, harm_of: Callable[[Path], str | None]
    ) -> None:
        """Nothing is opened yet.

        Args:
            target: see `Target`.
            form: of every file.
            is_split: see above.
            is_mixed: there may be several series.
            harm_of: what may not be replaced, and why: a sentence, None where a file may take that place.
        """
        self._target = target
        self._harm_of = harm_of
        self._form = form
        self._is_split = is_split
        self._holds = Holds.PART if is_split else Holds.SEVERAL_SERIES if is_mixed else Holds.ONE_SERIES
        self._files: list[PartialFile] = []
        self._writer: Writer | None = None

    @property
    def paths(self) -> list[Path]:
        """The files written so far."""
        return [file.path for file in self._files]

    def begin(self, series: Series) -> None:
        """Bars of this series follow; raises as `write` does."""
        with self._translated_errors():
            if self._writer is None or self._is_split:
                self._close_writer()
                self._writer = self._opened(series)
            self._writer.begin(series)

    def write(self, bars: Sequence[Bar]) -> None:
        """Some bars of the series begun last.

        Raises:
            BrokenPipeError: whoever read the pipe went away.
            ExportError: the disk refuses.
        """
        assert self._writer is not None
        with self._translated_errors():
            self._writer.write(bars)

    @property
    def line(self) -> Line | None:
        """What the database may write of the series begun last, None where it has to be bars."""
        return self._writer.line if isinstance(self._writer, TextWriter) else None

    @property
    def columns(self) -> FrameWriter | None:
        """Who takes columns of the series begun last, None where lines are written."""
        return None if self._form.is_text else cast("FrameWriter", self._writer)

    def write_frame(self, frame: pl.DataFrame) -> None:
        """Columns as `columns` has them; raises as `write` does."""
        assert self.columns is not None
        with self._translated_errors():
            self.columns.write_frame(frame)

    def write_text(self, text: bytes) -> None:
        """Lines that the database wrote; raises as `write` does."""
        assert isinstance(self._writer, TextWriter)
        with self._translated_errors():
            self._writer.write_text(text)

    def finish(self) -> None:
        """Put all files in their place; raises as `write` does."""
        with self._translated_errors():
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
    def _translated_errors(self) -> Iterator[None]:
        """The system's errors as ours, but for a pipe that nobody reads any more."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            path = self._files[-1].path if self._files else Path("The pipe")
            raise cannot_write(path, error) from error

    def _opened(self, series: Series) -> Writer:
        if not isinstance(self._target, Path):
            return (self._form.open_stream or self._form.open_writer)(self._target, self._holds, series)
        path = self._target / _on_disk(self._form.file_name(series)) if self._is_split else self._target
        if not self._is_split and (fault := fault_of_folder(path)):
            raise ExportError(fault)
        if not self._is_split and path.is_dir():
            raise ExportError(
                f"{path} is a folder; end its name with / to have a file for each symbol and period in it."
            )
        if harm := self._harm_of(path):
            raise ExportError(harm)
        self._files.append(PartialFile(path))
        return self._form.open_writer(self._files[-1].file, self._holds, series)

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            if self._files:
                self._files[-1].close()
                if self._form.final_path:
                    self._name(self._files[-1], self._form.final_path(self._writer, self._files[-1].path))
            self._writer = None

    def _name(self, file: PartialFile, path: Path | None) -> None:
        """Give a whole file the name that its contents ask for; one without contents goes."""
        if path is None:
            file.discard()
            self._files.remove(file)
            return
        if harm := self._harm_of(path):
            raise ExportError(harm)
        file.path = path


def _on_disk(name: Path) -> Path:
    """A name in UTF-8, also where the locale would not know how to write it."""
    return Path(os.fsdecode(str(name).encode()))
