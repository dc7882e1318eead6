"""Request weight: how much may be asked of the exchange, and who goes first. Pure: the time comes as an argument.

So much weight a minute for an address, shared by everything that runs there. Where an exchange sends
with each reply how much of the minute is used, that figure counts. More urgent requests may use more of the minute, and go
first where several wait, so that history never stands in the way of a gap.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.exchange.venue import Priority

MINUTE_MS: Final = 60_000


SHARE: Final = {
    Priority.GAP: 0.95,
    Priority.SEED: 0.90,
    Priority.CONFIRM: 0.80,
    Priority.OWED: 0.78,
    Priority.HISTORY: 0.75,
    Priority.QUOTES: 0.50,
}
"""How much of the minute's weight may be used up before requests of a priority wait for the next minute.

The rest is left to others at the same address, and to requests that the exchange counts into another minute than we.
"""


class WeightBudget:
    """The weight used in the exchange's current minute, requests under way included."""

    def __init__(self, limit: int, pace_ms: int = 0) -> None:
        """`pace_ms`: between two requests, whatever they cost, where the exchange counts by seconds."""
        self.limit = limit
        self._pace_ms = pace_ms
        self._begun_ms = -pace_ms
        self._minute = 0
        self._used = 0
        self._under_way: dict[int, int] = {}
        self._begun = 0
        self._newest = 0
        """Number of the latest request whose answer brought the figure."""
        self._waiting = dict.fromkeys(Priority, 0)

    def used(self, now_ms: int) -> int:
        """Weight used in the minute of `now_ms`, as far as is known."""
        self._turn(now_ms)
        return self._used + sum(self._under_way.values())

    def wait_ms(self, weight: int, priority: Priority, now_ms: int) -> int:
        """How long to wait before asking again, at the most; 0: go now (and call `begin`)."""
        is_first = not any(self._waiting[other] for other in Priority if other < priority)
        # An idle minute takes anything: a limit smaller than a request would otherwise hold it for ever.
        if is_first and self.used(now_ms) + weight <= max(self.limit * SHARE[priority], weight):
            since_ms = now_ms - self._begun_ms  # less than nothing where the clock was set back
            return self._pace_ms - since_ms if 0 <= since_ms < self._pace_ms else 0
        return MINUTE_MS - now_ms % MINUTE_MS

    def wait(self, priority: Priority) -> None:
        """A request begins to wait: less urgent ones stand back until `wait_no_more`."""
        self._waiting[priority] += 1

    def wait_no_more(self, priority: Priority) -> None:
        """It goes out, or was given up."""
        self._waiting[priority] -= 1

    def begin(self, weight: int, now_ms: int) -> int:
        """A request goes out; returns its number."""
        self._begun_ms = now_ms
        self._begun += 1
        self._under_way[self._begun] = weight
        return self._begun

    def end(self, number: int, used: int | None, now_ms: int) -> None:
        """Its answer came, or never will; `used` is the exchange's own figure, None where it gave none."""
        weight = self._under_way.pop(number)
        self._turn(now_ms)
        if used is None:
            self._used += weight
        elif number > self._newest:
            self._newest, self._used = number, used
        else:  # answers overtake each other
            self._used = max(self._used, used)

    def _turn(self, now_ms: int) -> None:
        minute = now_ms // MINUTE_MS
        if minute != self._minute:
            self._minute, self._used = minute, 0
