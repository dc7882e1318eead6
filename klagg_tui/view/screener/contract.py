"""What is told of one contract beside its trades: the newest values, and minutes of open interest and of liquidations.

Plain units; what was told too long ago says nothing any more.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.exact import price_as_float, quantity_as_float, turnover_as_float
from klagg_tui.engine.period import DAY_MS, MINUTE_MS
from klagg_tui.view.screener.kinds import LONGEST
from klagg_tui.view.screener.readings import Reading

_FRESH: Final = 5
"""Minutes after which a price or rate is no longer the present one."""
_HELD: Final = 60
"""The same of open interest, which is asked for in turns."""
_NEAR: Final = 15
"""Minutes before a window in which open interest may have been told last to count as that at its beginning."""
_SPARE: Final = 512
"""Entries past the longest window before the oldest are dropped."""
_YEAR_MS: Final = 365 * DAY_MS


class Minutes:
    """Numbers of some minutes since the epoch, in order of time."""

    __slots__ = ("_is_shared", "at", "values")

    def __init__(self) -> None:
        self.at = array("I")
        self.values = array("d")
        self._is_shared = False

    def copy(self) -> Minutes:
        """As they are now: neither changes with the other."""
        twin = Minutes()
        twin.at, twin.values = self.at, self.values
        self._is_shared = twin._is_shared = True
        return twin

    def put(self, minute: int, value: float) -> None:
        """That of a minute, or another one for it."""
        if self._is_shared:
            self.at, self.values, self._is_shared = self.at[:], self.values[:], False
        at = self.at
        place = bisect_left(at, minute)
        if place < len(at) and at[place] == minute:
            self.values[place] = value
            return
        at.insert(place, minute)
        self.values.insert(place, value)
        if len(at) > _SPARE and at[_SPARE - 1] < at[-1] - LONGEST - _NEAR:
            del at[:_SPARE]
            del self.values[:_SPARE]

    def total(self, first: int, last: int) -> float:
        """All from one minute to another, both included, together."""
        return sum(self.values[bisect_left(self.at, first) : bisect_right(self.at, last)], 0.0)


class Contract:
    """The newest that is known of a contract."""

    __slots__ = (
        "_every_minute",
        "_every_ms",
        "_now_ms",
        "_told",
        "_told_minute",
        "interest",
        "longs",
        "shorts",
        "since",
    )

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._told: DerivativeMinute | None = None
        """The newest minute that has a mark price."""
        self._told_minute = 0
        self._every_ms: int | None = None
        """How often funding is paid: told now and then, and seldom another than before."""
        self._every_minute = 0
        self.interest = Minutes()
        self.longs = Minutes()
        """What was liquidated, in the quote."""
        self.shorts = Minutes()
        self.since: int | None = None
        """From which minute on liquidations are told; None where they are not."""

    @property
    def minute(self) -> int:
        """The minute under way."""
        return max(self._now_ms() // MINUTE_MS, self._told_minute)

    def take(self, told: DerivativeMinute) -> None:
        """A minute, or a newer state of it; what is stored of earlier runs comes without prices."""
        minute = told.open_ms // MINUTE_MS
        if told.funding_every_ms is not None and minute >= self._every_minute:
            self._every_ms, self._every_minute = told.funding_every_ms, minute
        if told.mark_price is not None:
            if minute >= self._told_minute:
                self._told, self._told_minute = told, minute
            if told.long_count is not None:
                self.since = minute if self.since is None else min(self.since, minute)
        if told.open_interest is not None:
            self.interest.put(minute, quantity_as_float(told.open_interest))
        for held, paid in ((self.longs, told.long_turnover), (self.shorts, told.short_turnover)):
            if paid:
                held.put(minute, turnover_as_float(paid))

    def copy(self, now_ms: Callable[[], int]) -> Contract:
        """As it is known now, by another clock."""
        twin = Contract(now_ms)
        twin._told, twin._told_minute = self._told, self._told_minute
        twin._every_ms, twin._every_minute, twin.since = self._every_ms, self._every_minute, self.since
        twin.interest, twin.longs, twin.shorts = self.interest.copy(), self.longs.copy(), self.shorts.copy()
        return twin

    def now(self) -> DerivativeMinute | None:
        """The newest prices and rate, unless they were told too long ago."""
        told = self._told
        if told is None or self.minute - self._told_minute > _FRESH:
            return None
        return told if told.funding_every_ms == self._every_ms else told._replace(funding_every_ms=self._every_ms)

    def held(self) -> float | None:
        """Open interest now."""
        at = self.interest.at
        return self.interest.values[-1] if at and self.minute - at[-1] <= _HELD else None

    def now_ms(self) -> int:
        """The market's time."""
        return self._now_ms()


class Present(Reading):
    """A value as it is now: `read` takes it from the newest minute told, and the market's time."""

    __slots__ = ("_contract", "_read")

    def __init__(self, contract: Contract, read: Callable[[DerivativeMinute, int], float | None]) -> None:
        self._contract = contract
        self._read = read

    def value(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        now = self._contract.now()
        return None if now is None else self._read(now, self._contract.now_ms())

    def coverage(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """What was told is known."""
        return 1.0


class Held(Reading):
    """Open interest: contracts or coins, or what they are worth at the mark price."""

    __slots__ = ("_contract", "_is_paid")

    def __init__(self, contract: Contract, *, is_paid: bool) -> None:
        self._contract = contract
        self._is_paid = is_paid

    def value(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        held = self._contract.held()
        if held is None or not self._is_paid:
            return held
        now = self._contract.now()
        return None if now is None or now.mark_price is None else held * price_as_float(now.mark_price)

    def coverage(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """What was told is known."""
        return 1.0


class HeldChange(Reading):
    """Open interest against that at the window's beginning, or the first that is known after it, in percent."""

    __slots__ = ("_contract", "_window")

    def __init__(self, contract: Contract, window: int) -> None:
        self._contract = contract
        self._window = window

    def value(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        held, place = self._contract.held(), self._first()
        if held is None or place is None:
            return None
        before = self._contract.interest.values[place]
        return (held - before) * 100 / before if before else None

    def coverage(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        place = self._first()
        if place is None:
            return 0.0
        return min(1.0, (self._contract.minute - self._contract.interest.at[place]) / self._window)

    def _first(self) -> int | None:
        """Where it begins; None where there are not two to compare."""
        at, begin = self._contract.interest.at, self._contract.minute - self._window
        place = bisect_right(at, begin) - 1
        if place < 0 or begin - at[place] > _NEAR:
            place += 1
        return place if place < len(at) - 1 else None


class Liquidated(Reading):
    """What was liquidated in the window."""

    __slots__ = ("_contract", "_minutes", "_window")

    def __init__(self, contract: Contract, minutes: Minutes, window: int) -> None:
        self._contract = contract
        self._minutes = minutes
        self._window = window

    def value(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        if self._contract.since is None:
            return None
        minute = self._contract.minute
        return self._minutes.total(minute - self._window + 1, minute)

    def coverage(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """Since it is told in this run: what earlier ones stored counts, and may not be all."""
        since = self._contract.since
        return 0.0 if since is None else min(1.0, (self._contract.minute - since + 1) / self._window)


def mark(now: DerivativeMinute, _now_ms: int) -> float | None:
    """The mark price."""
    return None if now.mark_price is None else price_as_float(now.mark_price)


def index(now: DerivativeMinute, _now_ms: int) -> float | None:
    """The index price."""
    return None if now.index_price is None else price_as_float(now.index_price)


def basis(now: DerivativeMinute, _now_ms: int) -> float | None:
    """How far the mark price is from the index, in percent."""
    if now.mark_price is None or not now.index_price:
        return None
    return (now.mark_price - now.index_price) * 100 / now.index_price


def funding(now: DerivativeMinute, _now_ms: int) -> float | None:
    """The rate, in percent."""
    return None if now.funding_rate is None else turnover_as_float(now.funding_rate) * 100


def funding_in(now: DerivativeMinute, now_ms: int) -> float | None:
    """Minutes until it is paid."""
    return None if now.next_funding_ms is None else max(0.0, (now.next_funding_ms - now_ms) / MINUTE_MS)


def funding_year(now: DerivativeMinute, _now_ms: int) -> float | None:
    """The rate of a year in which every payment is the same, in percent."""
    if now.funding_rate is None or not now.funding_every_ms:
        return None
    return turnover_as_float(now.funding_rate) * 100 * _YEAR_MS / now.funding_every_ms
