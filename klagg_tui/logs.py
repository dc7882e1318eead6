"""The log file, and its newest lines for the health screen."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from platformdirs import user_log_path

LINES_KEPT: Final = 200
_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_MEGABYTE: Final = 1_000_000

_newest: deque[str] = deque(maxlen=LINES_KEPT)


def default_path() -> Path:
    """Where the log goes unless said otherwise."""
    return user_log_path("klagg", appauthor=False) / "klagg.log"


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
        path.parent.mkdir(parents=True, exist_ok=True)
        logger.addHandler(
            _formatted(_File(path, maxBytes=5 * _MEGABYTE, backupCount=2, encoding="utf-8", errors="backslashreplace"))
        )
    except OSError as error:
        return f"No log is written: {path} cannot be opened ({error.strerror})."
    return None


def newest() -> tuple[str, ...]:
    """The last lines logged, oldest first."""
    return tuple(_newest)


class _Newest(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _newest.append(self.format(record))


class _File(RotatingFileHandler):
    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A full disk costs the line; the library would write a traceback over the screen."""
        del record


def _formatted(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(logging.Formatter(_FORMAT))
    return handler
