"""The clock by which everything that waits or grows old is timed: nobody sets it, and it runs while the machine sleeps."""

from __future__ import annotations

import sys
import time
from typing import Final

_CLOCK: Final[int | None] = (
    time.CLOCK_BOOTTIME
    if sys.platform == "linux"
    else time.CLOCK_MONOTONIC
    if sys.platform == "darwin"  # unlike `time.monotonic`, which is its mach_absolute_time and stands still
    else None
)
"""https://man7.org/linux/man-pages/man2/clock_gettime.2.html: CLOCK_MONOTONIC stands still in sleep, CLOCK_BOOTTIME does not.
Elsewhere, as on Windows, `time.monotonic` counts sleep by itself."""


def steady_ms() -> float:
    """Milliseconds since some moment."""
    return (time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)) * 1000


class Absence:
    """Notices that this process did not run for a while: the machine slept, or was halted as a whole.

    A halted virtual machine has no clock that goes on, but one that is set right afterwards: the one on its wall.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """From now on."""
        self._steady_ms, self._wall_ms = steady_ms(), time.time() * 1000

    def ms(self) -> float:
        """How long nobody called `restart`."""
        return max(steady_ms() - self._steady_ms, time.time() * 1000 - self._wall_ms)
