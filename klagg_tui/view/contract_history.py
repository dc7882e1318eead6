"""What was told of one contract over time, bar by bar: open interest and funding. Plain units, for drawing only."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.exact import quantity_as_float, turnover_as_float
from klagg_tui.engine.period import MINUTE_MS

_HELD_MS: Final = 60 * MINUTE_MS
"""So long what was told last still holds: open interest is asked for in turns, and a rate is told when it changes."""


class _Told:
    """Values by the minute that told them."""

    def __init__(self) -> None:
        self._minutes: list[int] = []
        self._values: dict[int, float] = {}

    def put(self, open_ms: int, value: float) -> bool:
        if open_ms not in self._values:
            insort(self._minutes, open_ms)
        is_news = self._values.get(open_ms) != value
        self._values[open_ms] = value
        return is_news

    def at(self, bars: Sequence[Bar]) -> list[float | None]:
        """Of each bar the last value told before its end; None where none was for long before it."""
        minutes, found = self._minutes, list[float | None]()
        place = bisect_left(minutes, bars[0].open_ms) if bars else 0
        for bar in bars:
            place = bisect_right(minutes, bar.end_ms - 1, place)
            is_held = place and minutes[place - 1] >= bar.open_ms - _HELD_MS
            found.append(self._values[minutes[place - 1]] if is_held else None)
        return found


class ContractHistory:
    """Minutes of one contract, in whatever order they come."""

    def __init__(self) -> None:
        self._interest = _Told()
        self._funding = _Told()

    def take(self, minutes: Iterable[DerivativeMinute]) -> bool:
        """Take in minutes, or newer states of them; whether something is drawn otherwise by them."""
        is_news = False
        for minute in minutes:
            if minute.open_interest is not None:
                is_news |= self._interest.put(minute.open_ms, quantity_as_float(minute.open_interest))
            if minute.funding_rate is not None:
                is_news |= self._funding.put(minute.open_ms, turnover_as_float(minute.funding_rate) * 100)
        return is_news

    def interest(self, bars: Sequence[Bar]) -> list[float | None]:
        """Open interest at the end of each bar, in the coin or in contracts, as volume is counted."""
        return self._interest.at(bars)

    def funding(self, bars: Sequence[Bar]) -> list[float | None]:
        """The rate that was to be paid next at the end of each bar, in percent."""
        return self._funding.at(bars)
