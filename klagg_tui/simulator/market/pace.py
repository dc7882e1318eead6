"""Which minutes of a symbol trade, how often, and under which aggregate ids.

From the hour of the start on trading is lifelike, half a day before it calm. The past is the thinner the older it is: one
minute in five, in thirty, in sixty ... holds a few trades for all, so that months of history cost thousands of minutes,
not hundreds of thousands, and are still consistent in every period. Every hour of the thick part has a trade, and every
thin stretch opens with its trades: the last trade before any moment is never far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from klagg_tui.simulator.market.calendar import DAY, HOUR, MINUTE_MS
from klagg_tui.simulator.market.catalog import Listing, MarketSpec
from klagg_tui.simulator.market.chance import WILD, draws
from klagg_tui.simulator.market.path import volatility

THIN_TRADES: Final = 4
"""Trades of a minute that stands for a longer stretch."""
_THINNING: Final = ((2, 5), (6, 15), (11, 30), (21, 60), (42, 120), (84, 240), (125, 360), (250, 720))
"""Up to how many days before the start one minute stands for how many: 500 bars back nearly every period has trades."""
_CALM: Final = 3.0
"""Trades a minute, at most, in the last half day before the start."""
_DIURNAL: Final = (*(0.8,) * 7, *(1.0,) * 6, *(1.4,) * 5, *(1.0,) * 6)
"""Activity by the hour of the day; the mean is close to 1."""


class Hour(NamedTuple):
    """An hour of the thick part."""

    counts: tuple[int, ...]
    """Trades of each minute."""
    before: tuple[int, ...]
    """Trades of the hour before each minute; one more entry for the whole hour."""
    straddled: frozenset[int]
    """Minutes that end with a straddling trade."""


_NOTHING: Final = Hour((0,) * HOUR, (0,) * (HOUR + 1), frozenset())
"""An hour before the listing."""


class Pace:
    """Counts and ids of all symbols; remembers the latest hours and a number for each hour since the start."""

    def __init__(self, spec: MarketSpec, total_weight: float) -> None:
        self._spec = spec
        self._rate = spec.activity * 60 / total_weight
        start = spec.start_ms // MINUTE_MS
        self.start_hour = start // HOUR
        self._fine_from = self.start_hour * HOUR
        self._thick_from = (self.start_hour - 12) * HOUR
        midnight = start // DAY * DAY
        self._strides = tuple((midnight - days * DAY, stride) for days, stride in _THINNING)
        self._day_stride: Callable[[int], int] = lru_cache(maxsize=4096)(self._thin_stride)
        self._ledgers: dict[Listing, _Ledger] = {}
        self.hour: Callable[[Listing, int], Hour] = lru_cache(maxsize=max(2048, 4 * spec.symbols))(self._hour)
        """What is drawn for an hour since the epoch in the thick part, delisting not regarded."""

    def stride(self, minute: int) -> int:
        """How many minutes one traded minute stands for: 1 in the thick part."""
        return 1 if minute >= self._thick_from else self._day_stride(minute // DAY)

    def count(self, listing: Listing, minute: int) -> int:
        """Aggregate trades of the minute, delisting not regarded."""
        if minute < listing.listed_minute:
            return 0
        if minute >= self._thick_from:
            hour, rest = divmod(minute, HOUR)
            return self.hour(listing, hour).counts[rest]
        return 0 if minute % self.stride(minute) else THIN_TRADES

    def share(self, listing: Listing, minute: int) -> float:
        """How many lifelike trades one trade of that minute stands for: the factor of its quantity."""
        real = self._lively(listing, minute // HOUR)
        if minute >= self._fine_from:
            return 1.0
        if minute >= self._thick_from:
            return max(1.0, real / _CALM)
        return max(1.0, real * self.stride(minute) / THIN_TRADES)

    def traded(self, listing: Listing, first: int, end: int) -> Iterator[int]:
        """The minutes from `first` up to `end` in which the symbol trades, in order."""
        minute = max(first, listing.listed_minute)
        while minute < end:
            stride = self.stride(minute)
            if stride > 1:
                minute = -(-minute // stride) * stride
                # Rounding up may have crossed into a part with other strides, where the loop has to look again.
                if minute < end and self.stride(minute) == stride:
                    yield minute
                    minute += 1
            else:
                if self.count(listing, minute):
                    yield minute
                minute += 1

    def traded_before(self, listing: Listing, minute: int) -> int | None:
        """The last minute before `minute` in which the symbol traded."""
        at = minute - 1
        while at >= listing.listed_minute:
            if self.count(listing, at):
                return at
            stride = self.stride(at)
            at = at // stride * stride if at % stride else at - 1
        return None

    def first_id(self, listing: Listing, minute: int) -> int:
        """The aggregate id of the first trade from `minute` on."""
        hour, rest = divmod(minute, HOUR)
        return self._before_hour(listing, hour) + self._within(listing, hour, rest)

    def minute_of(self, listing: Listing, aggregate_id: int, first: int, end: int) -> int | None:
        """The minute from `first` up to `end` that holds the id."""
        low, high = first, end
        while low < high:
            middle = (low + high) // 2
            if self.first_id(listing, middle + 1) <= aggregate_id:
                low = middle + 1
            else:
                high = middle
        return low if low < end and self.first_id(listing, low) <= aggregate_id else None

    def _thin_stride(self, day: int) -> int:
        return next((stride for since, stride in self._strides if day * DAY >= since), DAY)

    def _within(self, listing: Listing, hour: int, rest: int) -> int:
        if hour * HOUR >= self._thick_from:
            return self.hour(listing, hour).before[rest]
        return sum(self.count(listing, hour * HOUR + i) for i in range(rest))

    def _before_hour(self, listing: Listing, hour: int) -> int:
        ledger = self._ledgers.get(listing)
        if ledger is None:
            home = max(self.start_hour, listing.listed_minute // HOUR)
            ledger = self._ledgers[listing] = _Ledger(home, [listing.first_id], [listing.first_id])
        ahead = hour - ledger.home
        while len(ledger.later) <= ahead:
            last = ledger.home + len(ledger.later) - 1
            ledger.later.append(ledger.later[-1] + self._within(listing, last, HOUR))
        while len(ledger.earlier) <= -ahead:
            last = ledger.home - len(ledger.earlier)
            ledger.earlier.append(ledger.earlier[-1] - self._within(listing, last, HOUR))
        return ledger.later[ahead] if ahead >= 0 else ledger.earlier[-ahead]

    def _lively(self, listing: Listing, hour: int) -> float:
        return self._rate * listing.weight * volatility(listing, hour) * _DIURNAL[hour % 24]

    def _hour(self, listing: Listing, hour: int) -> Hour:
        begun = listing.listed_minute - hour * HOUR
        if begun >= HOUR:
            return _NOTHING
        rate = self._lively(listing, hour)
        if hour * HOUR < self._fine_from:
            rate = min(rate, _CALM)
        raw = draws(listing.key + b"C%d" % hour, 5 * HOUR + 1)
        # The fraction that is added before cutting off makes the mean come out right also below one trade a minute.
        counts = [int(rate * WILD[raw[i]] + (raw[60 + i] << 8 | raw[120 + i]) / 65536) for i in range(HOUR)]
        if begun > 0:
            counts[:begun] = [0] * begun
        sure = begun if begun > 0 else raw[-1] % HOUR
        counts[sure] = max(1, counts[sure])
        straddled = frozenset(
            i
            for i in range(HOUR)
            if counts[i] and hour >= self.start_hour
            and 0 < (raw[180 + i] << 8 | raw[240 + i]) * self._spec.straddle_every < 65536
        )  # fmt: skip
        return Hour(tuple(counts), (0, *accumulate(counts)), straddled)


class _Ledger(NamedTuple):
    """The first id of every hour, counted from the start or the listing (`home`) both ways."""

    home: int
    later: list[int]
    earlier: list[int]
