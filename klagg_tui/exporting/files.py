"""Files that take their place only when they are whole, so that nobody ever finds half of one."""

from __future__ import annotations

import gzip
import os
from contextlib import suppress
from errno import ENOTDIR
from pathlib import Path
from typing import BinaryIO, Final, cast

from klagg_tui.errors import ExportError


def fault_of_folder(path: Path) -> str | None:
    """Why no file of that name can be begun: its folder is not there, and a slip of the finger should make none."""
    folder = path.parent
    try:
        return None if folder.exists() else f"There is no folder {folder}: make it, or name another one."
    except OSError as error:  # a name that is too long, or a folder that nobody may look into
        return _not_begun(path, error)


def read_target(text: str) -> Path:
    """The one file that somebody typed the name of; `~` is the person's home.

    Raises:
        ExportError: no file of that name can be begun.
    """
    if not text.strip() or "\0" in text:
        raise ExportError("Name a file to export to.")
    try:
        path = Path(text).expanduser()
        is_folder = path.is_dir()
    except RuntimeError:
        raise ExportError(f"{text} cannot be written: there is no such home folder.") from None
    except (OSError, ValueError) as error:
        raise ExportError(_not_begun(Path(text), error)) from error
    if is_folder:
        raise ExportError(f"{path} is a folder: name a file in it.")
    if fault := fault_of_folder(path):
        raise ExportError(fault)
    return path


def _not_begun(path: Path, error: OSError | ValueError) -> str:
    reason = getattr(error, "strerror", None) or error
    name = str(path) if len(str(path)) <= _LONGEST_NAME else f"{str(path)[:_LONGEST_NAME]}…"
    return f"{name} cannot be written ({reason})."


_LONGEST_NAME: Final = 60
"""Characters of a name that is told though it cannot be one."""


class PartialFile:
    """A file under a name of its own until it is whole; packed where its name ends in `.gz`."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            ExportError: its folder cannot be written to.
        """
        self.path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._made = [folder for folder in path.parents if not folder.exists()]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._on_disk = self._part.open("wb")
        except OSError as error:
            self._remove_folders()
            is_file = isinstance(error, FileExistsError)
            raise cannot_write(path, NotADirectoryError(ENOTDIR, "Not a directory") if is_file else error) from error
        self.file: BinaryIO = self._on_disk
        if path.suffix == ".gz":
            self.file = cast(BinaryIO, gzip.GzipFile(path.stem, "wb", 6, self._on_disk))

    def close(self) -> None:
        """No more bytes; they are on the disk afterwards."""
        if self.file is not self._on_disk:
            self.file.close()
        self._on_disk.flush()
        os.fsync(self._on_disk.fileno())
        self._on_disk.close()

    def take_place(self) -> None:
        """Be the file that was asked for."""
        self._part.replace(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError, ValueError):  # what is packed may be closed already, or find the disk full
            self.file.close()
        with suppress(OSError):
            self._on_disk.close()
        self._part.unlink(missing_ok=True)
        self._remove_folders()

    def _remove_folders(self) -> None:
        """Those made for this file, from the inmost on, as far as nothing else is in them."""
        with suppress(OSError):
            for folder in self._made:
                folder.rmdir()


def cannot_write(path: Path, error: OSError) -> ExportError:
    """The sentence for what the system said about a file."""
    return ExportError(f"{path} cannot be written ({error.strerror or error}): nothing was left behind.")
