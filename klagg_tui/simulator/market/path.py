"""The price of a symbol at every minute's edge: a random walk that can be entered anywhere.

Brownian midpoint displacement gives the days' edges, bridges between them the hours' and between those the minutes'.
Volatility comes in clusters of hours. A coin's walk is its own and, times its beta, that of BTC. Nothing depends on what
was asked before.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import lru_cache
from math import exp, log, sqrt

from klagg_tui.simulator.market.calendar import DAY, HOUR
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.chance import MILD, NORMAL, draws

_SPAN = 8192
"""Days between two fixed points of the walk, a power of two: it stays within one stretch from 2014 to 2037."""


class PricePath:
    """Prices at the edges of days, hours and minutes; remembers the latest few thousand."""

    def __init__(self, start_minute: int, symbols: int, leader: Listing) -> None:
        """`leader`: the one that others go with."""
        self._leader = leader
        self._led: Callable[[int], array[float]] = lru_cache(maxsize=2048)(self._led_edges)
        """How far the leader's logarithm is from its home at the minutes' edges of an hour."""
        self._start_day = start_minute // DAY
        self._day: Callable[[Listing, int], float] = lru_cache(maxsize=8192)(self._walk)
        self._hours: Callable[[Listing, int], array[float]] = lru_cache(maxsize=max(2048, 4 * symbols))(
            self._hour_edges
        )
        self.minutes: Callable[[Listing, int], array[float]] = lru_cache(maxsize=max(2048, 4 * symbols))(
            self._minute_edges
        )
        """The 61 prices at the minutes' edges of an hour since the epoch."""

    def at(self, listing: Listing, minute: int) -> float:
        """The price as `minute` begins."""
        hour, rest = divmod(minute, HOUR)
        if rest:
            return self.minutes(listing, hour)[rest]
        return exp(
            self._log_at(listing, hour) + listing.beta * self._led_at(hour)
            if listing.beta
            else self._log_at(listing, hour)
        )

    def _log_at(self, listing: Listing, hour: int) -> float:
        day, rest = divmod(hour, 24)
        return self._hours(listing, day)[rest]

    def _minute_edges(self, listing: Listing, hour: int) -> array[float]:
        step = listing.daily_move / sqrt(DAY) * volatility(listing, hour)
        steps = [step * NORMAL[byte] for byte in draws(listing.path_key + b"M%d" % hour, HOUR)]
        edges = _bridge(self._log_at(listing, hour), self._log_at(listing, hour + 1), steps)
        beta = listing.beta
        if beta:
            edges = [own + beta * led for own, led in zip(edges, self._led(hour), strict=True)]
        return array("d", map(exp, edges))

    def _led_at(self, hour: int) -> float:
        return self._log_at(self._leader, hour) - log(self._leader.price)

    def _led_edges(self, hour: int) -> array[float]:
        home = log(self._leader.price)
        edges = array("d", (log(price) - home for price in self.minutes(self._leader, hour)))
        edges[0], edges[-1] = self._led_at(hour), self._led_at(hour + 1)
        return edges

    def _hour_edges(self, listing: Listing, day: int) -> array[float]:
        step = listing.daily_move / sqrt(24)
        bytes_ = draws(listing.path_key + b"H%d" % day, 24)
        steps = [step * NORMAL[byte] * volatility(listing, day * 24 + i) for i, byte in enumerate(bytes_)]
        home = log(listing.price) - self._day(listing, self._start_day)
        return array("d", _bridge(home + self._day(listing, day), home + self._day(listing, day + 1), steps))

    def _walk(self, listing: Listing, day: int) -> float:
        if day % _SPAN == 0:
            return 0.0
        reach = day & -day
        middle = (self._day(listing, day - reach) + self._day(listing, day + reach)) / 2
        byte = draws(listing.path_key + b"D%d" % day, 1)[0]
        return middle + listing.daily_move * sqrt(reach / 2) * NORMAL[byte]


@lru_cache(maxsize=32_768)
def volatility(listing: Listing, hour: int) -> float:
    """How lively the hour is, around 1: a factor of the price's steps and of the number of trades."""
    slow = draws(listing.path_key + b"V%d" % (hour // 6), 7)
    return MILD[slow[6]] * MILD[slow[hour % 6]]


def _bridge(first: float, last: float, steps: list[float]) -> list[float]:
    """A walk of those steps, bent so that it ends at `last`."""
    drift = (last - first - sum(steps)) / len(steps)
    edges = [first]
    for step in steps:
        edges.append(edges[-1] + step + drift)
    edges[-1] = last
    return edges
