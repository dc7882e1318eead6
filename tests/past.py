"""Adds up what was traded before a simulated market begins once a process, where every exchange that starts adds it up anew.

All of that follows from the market's spec, to the last byte: faults, listings and delistings come behind its beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from klagg_tui.simulator.market.calendar import DAY, HOUR
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.truth import Truth

_MOST: Final = 200_000
"""So many sums are kept, of a few hundred bytes each."""
_kept: dict[tuple[object, ...], Any] = {}


def _once(add: Callable[..., Any], minutes: int) -> Callable[..., Any]:
    """The same for a stretch of so many minutes, kept where it is over when its market begins."""

    def add_once(self: Any, symbol: str, number: int) -> Any:
        market = self._market
        if (number + 1) * minutes > market.start_minute:
            return add(self, symbol, number)
        key = (add, market.spec, symbol, number)
        if (found := _kept.get(key)) is None:
            if len(_kept) >= _MOST:
                _kept.clear()
            found = _kept[key] = add(self, symbol, number)
        return found

    return add_once


@cache
def share() -> None:
    """From now on, for all simulated exchanges of this process."""
    Klines._add_minute = _once(Klines._add_minute, 1)  # type: ignore[method-assign]
    Klines._add_hour = _once(Klines._add_hour, HOUR)  # type: ignore[method-assign]
    Klines._add_day = _once(Klines._add_day, DAY)  # type: ignore[method-assign]
    Truth._add_minute = _once(Truth._add_minute, 1)  # type: ignore[method-assign]
