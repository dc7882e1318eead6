"""What a way of telling people is."""

from __future__ import annotations

from typing import Protocol

from klagg_tui.alert import Firing


class Way(Protocol):
    """One way of telling people of a firing."""

    name: str
    """In the database and in sentences."""
    most_tries: int | None
    """After so many it is given up; None: as long as it is worth telling."""
    most_at_once: int | None
    """Of so many firings of one moment people are told; None: of all."""

    async def send(self, firing_id: int, firing: Firing) -> None:
        """Tell of it; takes seconds at most.

        Raises:
            Undelivered: that failed.
        """
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...
