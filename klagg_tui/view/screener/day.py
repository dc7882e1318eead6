"""The last 24 hours as the exchange tells them, in the place of windows of a day that our own minutes do not cover yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.view.screener.kinds import WHOLE
from klagg_tui.view.screener.readings import Known, Reading, newest_price
from klagg_tui.view.screener.tape import Tape

A_DAY: Final = 1440
"""Minutes."""
_OUTDATED_MS: Final = 3_600_000
"""What the exchange told so long ago says nothing any more."""
_ONE_PRICE: Final = 10**PRICE_DECIMALS


class Day(Protocol):
    """What an exchange's ticker says of the 24 hours before `at_ms`; None where it does not tell. Plain units."""

    @property
    def at_ms(self) -> int:
        """By the exchange's clock."""
        ...

    @property
    def last(self) -> float | None:
        """The newest price."""
        ...

    @property
    def open(self) -> float | None:
        """The price 24 hours before."""
        ...

    @property
    def high(self) -> float | None:
        """The highest price."""
        ...

    @property
    def low(self) -> float | None:
        """The lowest price."""
        ...

    @property
    def volume(self) -> float | None:
        """In the base, or contracts where the symbol is inverse."""
        ...

    @property
    def turnover(self) -> float | None:
        """In the quote."""
        ...

    @property
    def trade_count(self) -> float | None:
        """How many trades."""
        ...


class Told:
    """What one symbol's exchange told last."""

    __slots__ = ("_now_ms", "day")

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self.day: Day | None = None

    def copy(self, now_ms: Callable[[], int]) -> Told:
        """The same, by another clock."""
        twin = Told(now_ms)
        twin.day = self.day
        return twin

    def now(self) -> Day | None:
        """The day, unless that was told too long ago."""
        day = self.day
        return None if day is None or self._now_ms() - day.at_ms > _OUTDATED_MS else day


class OfDay(Reading):
    """A window of a day: the exchange's word until nearly all minutes are known. How much is known stays what it is."""

    __slots__ = ("_checked", "_is_whole", "from_day", "own", "tape", "told")

    def __init__(
        self, own: Reading, tape: Tape, told: Told, from_day: Callable[[Day, float | None], float | None]
    ) -> None:
        self.own = own
        self.tape = tape
        self.told = told
        self.from_day = from_day
        self._checked, self._is_whole = -1, False

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        if self.told.day is not None and not self._covers(forming, bars):
            day = self.told.now()
            found = None if day is None else self.from_day(day, newest_price(bars) / _ONE_PRICE or day.last)
            if found is not None:
                return found
        return self.own.value(forming, bars)

    def _covers(self, forming: Bar | None, bars: Sequence[Bar | None]) -> bool:
        """Whether our own minutes do; looked at once a minute."""
        if self._checked != self.tape.end:
            self._checked = self.tape.end
            self._is_whole = self.own.coverage(forming, bars) >= WHOLE
        return self._is_whole

    def recheck(self) -> None:
        """History has come."""
        self._checked = -1
        if isinstance(self.own, Known):
            self.own.recheck()

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self.own.coverage(forming, bars)


def _percent(price: float | None, of: float | None) -> float | None:
    return (price - of) * 100 / of if of and price is not None else None


def _high(day: Day, last: float | None) -> float | None:
    return max(day.high, last or day.high) if day.high else None


def _low(day: Day, last: float | None) -> float | None:
    return min(day.low, last or day.low) if day.low else None


def _range(day: Day, last: float | None) -> float | None:
    return _percent(_high(day, last), _low(day, last))


def _vwap(day: Day, _last: float | None) -> float | None:
    return day.turnover / day.volume if day.turnover and day.volume else None


FROM_DAY: Final[Mapping[str, Callable[[Day, float | None], float | None]]] = {
    "chg": lambda day, last: _percent(last, day.open),
    "turnover": lambda day, _last: day.turnover,
    "vol": lambda day, _last: day.volume,
    "trades": lambda day, _last: day.trade_count,
    "high": _high,
    "low": _low,
    "range": _range,
    "from_high": lambda day, last: _percent(last, _high(day, last)),
    "from_low": lambda day, last: _percent(last, _low(day, last)),
    "vwap": _vwap,
}
"""From the day and the newest price, where that is known, to each figure over 24 hours that it tells."""
