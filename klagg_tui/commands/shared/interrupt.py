"""Ctrl+C during a long command: the first asks it to stop where things are whole, the second ends it at once."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Final, Self

import typer

INTERRUPTED: Final = 130
"""Exit status of a command that was stopped by Ctrl+C, as shells have it."""


class Interrupt:
    """Called, it tells whether to stop. To be entered in the main thread, outside of the event loop."""

    def __init__(self, promise: str) -> None:
        """`promise`: what stopping means, for a person."""
        self._promise = promise
        self._is_asked = False

    def __call__(self) -> bool:
        """Whether Ctrl+C was pressed."""
        return self._is_asked

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_asked:
            raise KeyboardInterrupt
        self._is_asked = True
        typer.echo(f"\nStopping: {self._promise} Ctrl+C once more ends it at once.", err=True)
