"""The log file, and its newest lines for the health screen."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections import deque
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from platformdirs import user_log_path

from klagg_tui.errors import KlaggError
from klagg_tui.storage.opening import harm_of
from klagg_tui.texts import printable, without_secrets

LINES_KEPT: Final = 200
_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_OLDER_KEPT: Final = 2
_MEGABYTE: Final = 1_000_000
_OWNER_ALONE: Final = 0o600

_newest: deque[str] = deque(maxlen=LINES_KEPT)


def default_path() -> Path:
    """Where the log goes unless said otherwise."""
    return user_log_path("klagg", appauthor=False) / "klagg.log"


def fault_of(path: Path, database: Path | None = None) -> str | None:
    """Why no log may be written to `path`, as a sentence; None where it may.

    `database`: one that is written to meanwhile, and need not be there yet.
    """
    if path.is_dir():
        return f"{path} is a folder: no log can be written to it; name a file."
    return next(filter(None, (harm_of(file, database) for file in (path, *_older(path)))), None)


def _older(path: Path) -> list[Path]:
    """What the file becomes when it is full."""
    return [path.with_name(f"{path.name}.{number}") for number in range(1, _OLDER_KEPT + 1)]


def start(path: Path, level: str = "INFO") -> str | None:
    """Log to `path` from now on; returns a sentence where that is not possible (the lines are kept in memory then)."""
    logger = logging.getLogger("klagg_tui")
    logger.setLevel(level)
    logger.propagate = False
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.addHandler(_formatted(_Newest()))
    try:
        if fault := fault_of(path):
            return f"No log is written: {fault}"
        path.parent.mkdir(parents=True, exist_ok=True)
        logger.addHandler(
            _formatted(
                _File(
                    path, maxBytes=5 * _MEGABYTE, backupCount=_OLDER_KEPT, encoding="utf-8", errors="backslashreplace"
                )
            )
        )
    except OSError as error:
        return f"No log is written: {path} cannot be opened ({error.strerror})."
    return None


def newest() -> tuple[str, ...]:
    """The last lines logged, oldest first."""
    return tuple(_newest)


class _OneLine(logging.Formatter):
    """One line a record, whatever it quotes, and no secret; those of a traceback follow, each marked as one of it.

    An error that klagg raises on purpose says all there is to say: its place in the program tells nobody anything.
    """

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_told(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return _fit(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802, ANN401 - the library's name and type
        return "\n".join(f"  | {_fit(line)}" for line in super().formatException(ei).split("\n"))


def _told(record: logging.LogRecord) -> logging.LogRecord:
    """The record with the words of an error of ours in the place of its traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if not isinstance(error, KlaggError):
        return record
    told = logging.makeLogRecord(record.__dict__)
    told.msg, told.args = f"{record.getMessage()}: {' '.join(str(error).splitlines())}", ()
    told.exc_info = told.exc_text = None
    return told


def _fit(line: str) -> str:
    return printable(without_secrets(line))


class _Newest(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _newest.extend(self.format(record).split("\n"))


class _File(RotatingFileHandler):
    """Readable by its owner alone, also where an earlier one was not."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _OWNER_ALONE)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):  # a device is somebody else's
            with contextlib.suppress(OSError):
                os.fchmod(descriptor, _OWNER_ALONE)
        os.close(descriptor)
        return super()._open()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A full disk costs the line; the library would write a traceback over the screen."""
        del record


def _formatted(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(_OneLine(_FORMAT))
    return handler
