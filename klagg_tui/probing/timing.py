"""The exchange's clock as a probe knows it: to within an error, which all that is judged by it takes into account."""

from __future__ import annotations

import asyncio
import math
from typing import Final

from klagg_tui.errors import Unreachable
from klagg_tui.exchange.venue import MarketData

ENOUGH_MS: Final = 250
"""How exactly the clock is to be known: the time is asked for again where an answer took so long that it is not,"""
MOST_ASKS: Final = 5
"""and so often at the most: on a bad line what needs it more exactly is not shown."""
_LOOK_S: Final = 0.02


class KnownClock:
    """The clock of one exchange while it is probed."""

    def __init__(self, data: MarketData, name: str) -> None:
        """`name`: the exchange's, for people."""
        self.most_error_ms = 0
        """The largest error that anything was judged with."""
        self._data = data
        self._name = name
        self._jumps: int | None = None

    def now_ms(self) -> int:
        """The exchange's time, to within `error_ms`."""
        return self._data.now_ms()

    def error_ms(self) -> int:
        """By how much `now_ms` may be off, to be judged with."""
        error_ms = math.ceil(self._data.error_ms())
        self.most_error_ms = max(self.most_error_ms, error_ms)
        return error_ms

    async def set(self) -> None:
        """Ask the exchange for its time until that is known well enough.

        Raises:
            ExchangeError: it cannot be asked, or what it says is not believed.
        """
        for _ in range(MOST_ASKS):
            if self._data.error_ms() <= ENOUGH_MS:
                break
            await self._data.sync()
        if not self._data.clock.is_set:
            raise Unreachable(f"{self._data.clock.trouble} Nothing can be probed by such a clock.")
        if self._jumps is None:
            self._jumps = self._data.clock.jumps

    def require_steady(self) -> None:
        """Raise ExchangeError where the clock was moved since it was set first."""
        if self._data.clock.jumps != self._jumps:
            raise Unreachable(
                f"The clock of {self._name} was moved while it was probed: what came cannot be judged by it."
            )


async def until_ms(data: MarketData, at_ms: int) -> None:
    """Wait for a moment of the exchange's time, by our picture of its clock."""
    while (left_ms := at_ms - data.now_ms()) > 0:  # noqa: ASYNC110 - a clock tells nobody when it is late
        await asyncio.sleep(max(_LOOK_S, min(1.0, left_ms / 1000 / data.clock.speed)))


async def until_past(data: MarketData, at_ms: int) -> None:
    """Wait until that moment is past however far off our picture of the clock may be."""
    while data.now_ms() - data.error_ms() < at_ms:
        await until_ms(data, max(data.now_ms() + 1, math.ceil(at_ms + data.error_ms())))
