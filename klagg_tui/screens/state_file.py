"""The state file: the user's preferences as JSON, in the user's own state folder.

Several windows may have it open. Each reads it once, at its start; what it writes is what was chosen in it since, so that what was saved in
another stays. No lock: a person does not choose in two windows within the moment between a look and a rename.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson
from platformdirs import user_state_dir

from klagg_tui.view.merging import merged
from klagg_tui.view.preferences import Preferences, from_plain

if TYPE_CHECKING:
    from klagg_tui.config import Screen as ScreenSettings

log = logging.getLogger(__name__)


REAL: Final = "screen"
"""The file of real markets. Simulated and recorded ones have files of their own: their alerts and filters would be wrong on
real prices."""


def path_of(name: str = REAL) -> Path:
    """Where it lies."""
    return Path(user_state_dir("klagg", appauthor=False)) / f"{name}.json"


def defaults_from(settings: ScreenSettings | None, names: Mapping[str, str] | None = None) -> Preferences:
    """The preferences of somebody who has saved none: the settings', or our own; `names` are the settings' own names."""
    ours = Preferences(names=tuple((names or {}).items()))
    if settings is None:
        return ours
    return replace(
        ours,
        theme=settings.theme,
        tints=settings.colours,
        local_time=settings.times == "local",
        columns=settings.columns or ours.columns,
    )


class StateFile:
    """Reads at the start, writes when `flush` finds something new; a file that cannot be used costs only the preferences."""

    def __init__(
        self, path: Path, defaults: Preferences, begin: Callable[[Preferences], Preferences] | None = None
    ) -> None:
        self._path = path
        self._begin = begin
        self._defaults = defaults
        self._written = defaults
        self._current = defaults

    def load(self) -> Preferences:
        """The preferences of last time, or what this start is to have of them."""
        self._written = self._current = kept = self._read()
        return kept if self._begin is None else self._begin(kept)

    def _read(self) -> Preferences:
        try:
            plain = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return self._defaults
        except (OSError, ValueError) as error:
            log.warning("the state file %s cannot be read: %s", self._path, error)
            return self._defaults
        return from_plain(plain, self._defaults)

    def update(self, preferences: Preferences) -> None:
        """These are the preferences now; `flush` writes them."""
        self._current = preferences

    def flush(self) -> None:
        """Write what changed here: to a file beside it first, which then takes its place."""
        if self._current is self._written:
            return
        # Where there is none, as after somebody removed it, all of ours is.
        whole = merged(self._read(), self._written, self._current) if self._path.exists() else self._current
        self._written = self._current
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(orjson.dumps(whole.as_plain(self._defaults), option=orjson.OPT_INDENT_2))
            temporary.replace(self._path)
        except OSError as error:
            log.warning("the state file %s cannot be written: %s", self._path, error)
