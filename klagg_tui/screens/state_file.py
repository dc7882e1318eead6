"""The state file: what the person chose, as JSON, in the user's own state folder."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

import orjson
from platformdirs import user_state_dir

from klagg_tui.view.preferences import Preferences, from_plain

log = logging.getLogger(__name__)


REAL: Final = "screen"
"""The name of the file for real markets; what is chosen on a made-up or a recorded one stays apart: its alerts and filters
would be wrong on real prices."""


def path_of(name: str = REAL) -> Path:
    """Where it lies."""
    return Path(user_state_dir("klagg", appauthor=False)) / f"{name}.json"


class StateFile:
    """Reads at the start, writes when `flush` finds something new; a file that cannot be used costs only the memory."""

    def __init__(self, path: Path, beginning: Preferences) -> None:
        self._path = path
        self._beginning = beginning
        self._written = beginning
        self._newest = beginning

    def load(self) -> Preferences:
        """The choices of last time."""
        try:
            plain = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return self._beginning
        except (OSError, ValueError) as error:
            log.warning("the state file %s cannot be read: %s", self._path, error)
            return self._beginning
        self._written = self._newest = from_plain(plain, self._beginning)
        return self._newest

    def keep(self, remembered: Preferences) -> None:
        """These are the newest choices."""
        self._newest = remembered

    def flush(self) -> None:
        """Write what is new, beside the file and then in its place."""
        if self._newest is self._written:
            return
        self._written = self._newest
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(orjson.dumps(self._newest.as_plain(self._beginning), option=orjson.OPT_INDENT_2))
            beside.replace(self._path)
        except OSError as error:
            log.warning("the state file %s cannot be written: %s", self._path, error)
