"""Ctrl+C during a long command: the first asks it to stop where things are whole, the second ends it at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Never, Self

import typer

from klagg_tui.runtime.stop_signals import StopSignals


class Interrupt:
    """Called, it tells whether to stop. To be entered in the main thread, outside of the event loop."""

    def __init__(self, promise: str, now_s: Callable[[], float] = time.monotonic) -> None:
        """`promise`: what stopping means, for a person."""
        self._promise = promise
        self._signals = StopSignals(now_s)
        self._signals.on_stop = self._say
        self._signals.on_abort = _abort

    def __call__(self) -> bool:
        """Whether Ctrl+C was pressed."""
        return self._signals.came

    def __enter__(self) -> Self:
        self._signals.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._signals.__exit__()

    def _say(self) -> None:
        with suppress(OSError):  # a closed terminal
            typer.echo(f"\nStopping: {self._promise} Ctrl+C once more ends it at once.", err=True)


def _abort() -> Never:
    raise KeyboardInterrupt
