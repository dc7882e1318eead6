"""The newest update and status, handed from the engine's thread to whichever thread asks."""

from __future__ import annotations

import threading
from typing import Final

from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.feed import FeedUpdate, Mode, Status

OLD_MS: Final = 5_000
"""A status of before is none of now."""


class Latest:
    """Holds at most one update: a slow screen finds fewer and larger ones, never a queue."""

    def __init__(self) -> None:
        self.status = Status("", Mode.CONNECTING, 0, connection="starting")
        self._update: FeedUpdate | None = None
        self._lock = threading.Lock()

    @property
    def status(self) -> Status:
        """How things stand, or stood: several times a second somebody says so, unless the machine slept or has no time."""
        status, told_ms = self._told
        return status.behind() if steady_ms() - told_ms > OLD_MS else status

    @status.setter
    def status(self, status: Status) -> None:
        self._told = (status, steady_ms())

    @property
    def is_taken(self) -> bool:
        """Whether there is room for the next update."""
        return self._update is None

    def put(self, update: FeedUpdate) -> None:
        """Give the next update, once the last one is taken; an empty one is left out."""
        if any(update):
            with self._lock:
                self._update = update

    def take(self) -> FeedUpdate | None:
        """What changed since the last call, None where nothing did."""
        with self._lock:
            update, self._update = self._update, None
        return update
