"""The signals that ask a process to end, and what a second one means."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Final, Self

INTERRUPTED: Final = 130
"""Exit status of a command that was stopped by Ctrl+C, as shells have it."""
ONE_S: Final = 1.0
"""Signals within it are one: `timeout` and supervisors send theirs to the process and to its group, and a terminal whose
window is closed tells the shell, which tells its jobs once more."""


class StopSignals:
    """While the block runs: remembers that SIGINT, SIGTERM or the end of the terminal came; a later one ends the process.

    To be entered in the main thread. `nohup` wants its command to outlive the terminal: where SIGHUP is ignored, it stays so.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.on_stop: Callable[[], None] = lambda: None
        """Called at the first signal."""
        self.on_abort: Callable[[], None] = lambda: None
        """Called before the process ends at once; what it raises takes the place of that."""
        self._now_s = now_s
        self._came_s: float | None = None

    @property
    def came(self) -> bool:
        """Whether to end."""
        return self._came_s is not None

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._take) for number in _heard()}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if self._came_s is None:
            self._came_s = self._now_s()
            self.on_stop()
        elif self._now_s() - self._came_s >= ONE_S:
            abort, self.on_abort = self.on_abort, lambda: None  # whatever a third one interrupts is not begun again
            abort()
            # Without waiting for threads that wait for a disk: what is not written is fetched again at the next start.
            os._exit(INTERRUPTED)


def _heard() -> list[int]:
    numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers
