"""The simulated exchange's time: real time, faster or slower, from a moment of choice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic


class SimulatedClock:
    """Milliseconds since the epoch as the simulated exchange has them."""

    def __init__(self, start_ms: int, speed: float, source: Callable[[], float] = monotonic) -> None:
        self.speed = speed
        """Simulated seconds a second; 0 stands still and is moved by `jump`."""
        self._start_ms = start_ms
        self._source = source
        self._began = source()
        self._jumped = asyncio.Event()

    def now_ms(self) -> int:
        """The present moment."""
        return self._start_ms + int((self._source() - self._began) * 1000 * self.speed)

    def jump(self, milliseconds: int) -> None:
        """Move on at once."""
        self._start_ms += milliseconds
        self._jumped.set()

    async def sleep(self, milliseconds: int) -> None:
        """Wait until so much simulated time has gone by, jumps included."""
        until_ms = self.now_ms() + milliseconds
        while (left_ms := until_ms - self.now_ms()) > 0:
            self._jumped.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._jumped.wait(), left_ms / 1000 / self.speed if self.speed else None)
