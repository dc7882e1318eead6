"""Request weight: how much may be asked of the exchange, and who goes first. Pure: the time comes as an argument.

2,400 weight a minute for an address, shared by everything that runs there; the exchange says in a header of each reply
how much of the minute is used, and its figure is the truth. More urgent requests may use more of the minute, so that
history never stands in the way of a gap.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

MINUTE_MS: Final = 60_000
LIMIT: Final = 2_400


class Priority(IntEnum):
    """What a request is for, the most urgent first."""

    GAP = 0
    SEAM = 1
    CONFIRM = 2
    HISTORY = 3


_SHARE: Final = {Priority.GAP: 0.95, Priority.SEAM: 0.90, Priority.CONFIRM: 0.80, Priority.HISTORY: 0.60}
"""How much of the minute's weight may be used up before requests of a priority wait for the next minute."""


class WeightBudget:
    """The weight used in the exchange's current minute, requests under way included."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._minute = 0
        self._used = 0
        self._under_way = 0
        self._refused_until_ms = 0

    def used(self, now_ms: int) -> int:
        """Weight used in the minute of `now_ms`, as far as is known."""
        self._turn(now_ms)
        return self._used + self._under_way

    def refused_until_ms(self) -> int:
        """When the exchange takes requests again, 0 where it never refused."""
        return self._refused_until_ms

    def wait_ms(self, weight: int, priority: Priority, now_ms: int) -> int:
        """How long to wait before asking again; 0: go now (and say so with `begin`)."""
        if now_ms < self._refused_until_ms:
            return self._refused_until_ms - now_ms
        if self.used(now_ms) + weight <= self.limit * _SHARE[priority]:
            return 0
        return MINUTE_MS - now_ms % MINUTE_MS

    def begin(self, weight: int) -> None:
        """A request goes out."""
        self._under_way += weight

    def end(self, weight: int, used: int | None, now_ms: int) -> None:
        """Its answer came (or never will); `used` is the exchange's own figure, None where it gave none."""
        self._under_way -= weight
        self._turn(now_ms)
        self._used = self._used + weight if used is None else max(used, 0)

    def refuse_until(self, until_ms: int) -> None:
        """The exchange wants to be left alone until then."""
        self._refused_until_ms = max(self._refused_until_ms, until_ms)

    def _turn(self, now_ms: int) -> None:
        minute = now_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self._used = minute, 0
