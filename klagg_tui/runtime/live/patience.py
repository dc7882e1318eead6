"""How long the exchange would keep symbols waiting that all want to be asked for: reckoned from what it allows. Pure.

Where its limits bring a symbol's turn within some seconds, its trades are held until what is before them is there. Where
they do not, it goes on with what is known, marked as partial, and the rest is fetched behind it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.exchange.limits import RequestLimits, RequestUse
from klagg_tui.exchange.requests import covering_requests
from klagg_tui.exchange.transport.budget import SHARE
from klagg_tui.exchange.venue import Priority

SEED_MS: Final = 4_000
"""How long a new symbol may show nothing, in the time of whoever looks at it."""
GAP_MS: Final = 60_000
"""The same of one that is on screen and stands still: what is fetched by ids keeps fields that a bar may lack."""


class Load(NamedTuple):
    """What is to be asked."""

    requests: int = 0
    cost: int = 0

    def more(self, other: Load) -> Load:
        """Both."""
        return Load(self.requests + other.requests, self.cost + other.cost)

    def times(self, number: int) -> Load:
        """The same for so many symbols."""
        return Load(self.requests * number, self.cost * number)


class Patience:
    """The reckoning for one venue and the periods that are kept."""

    def __init__(self, limits: RequestLimits, periods: tuple[Period, ...], had: frozenset[Period]) -> None:
        self._limits = limits
        self._periods = periods
        self._had = had
        self.gap = Load(1, limits.trade_page.cost)
        """For a symbol with missing trades."""

    def seed(self, minute_ms: int) -> Load:
        """For a symbol of which nothing is known."""
        wanted = covering_requests(self._periods, minute_ms, had=self._had)
        return Load(len(wanted), sum(self._limits.bars_cost(one.limit) for one in wanted))

    def wait_ms(self, load: Load, priority: Priority, use: RequestUse, now_ms: int) -> int:
        """How long it takes until all of it is answered, by the exchange's time and limits alone."""
        paced_ms = load.requests * self._limits.pace_ms
        most = SHARE[priority] * (use.limit or self._limits.cost_per_minute)
        over = load.cost - (most - use.used)
        if over <= 0:
            return paced_ms
        minutes = -(-over // most) - 1
        return max(paced_ms, MINUTE_MS - now_ms % MINUTE_MS + round(minutes) * MINUTE_MS)
