"""Telling by a command of the user's, with the values in its environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui.alert import Firing
from klagg_tui.alerting.message import as_variables
from klagg_tui.alerting.program import run_program

LIMIT_S: Final = 30.0


class Command:
    """A program and its arguments; never read by a shell, unless it is one.

    Args:
        words: the program, then its arguments.
        limit_s: after so long it is ended.
    """

    name = "command"
    most_tries: int | None = 5
    most_at_once: int | None = None

    def __init__(self, words: Sequence[str], limit_s: float = LIMIT_S) -> None:
        self._words = tuple(words)
        self._limit_s = limit_s

    async def send(self, firing_id: int, firing: Firing) -> None:
        """See `Way.send`."""
        await run_program(self._words, as_variables(firing_id, firing), self._limit_s)

    async def close(self) -> None:
        """It holds nothing."""
