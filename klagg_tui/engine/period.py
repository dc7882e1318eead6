"""Periods of bars and their UTC grid.

Sources: klines documentation of the exchange for the names; `rollup-spot` of the recorded data for the alignment:
minutes to days are aligned to the epoch, weeks open on Monday, months on the first, three-day bars on every third day
counted from an anchor that differs between symbols (day 1 of the epoch for BTCUSDT, day 0 for ETHBTC).
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Final

from klagg_tui.errors import BadPeriod

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
_UNIT_MS: Final = {"m": MINUTE_MS, "h": 3_600_000, "d": DAY_MS, "w": 7 * DAY_MS, "M": 30 * DAY_MS}
_MONDAY_MS: Final = 4 * DAY_MS
"""1970-01-05, the first Monday of the epoch."""

DEFAULT_THREE_DAY_ANCHOR: Final = 1
"""Day number modulo 3 on which three-day bars open, where the symbol's own is not known."""


class Period(Enum):
    """How long a bar lasts. The value is the exchange's name; members are ordered from short to long."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    D3 = "3d"
    W1 = "1w"
    MO1 = "1M"

    ordinal: int
    """0 for 1m to 14 for 1M: the number that stands for the period on disk."""
    nominal_ms: int
    """Length in milliseconds; 30 days for the month, whose real length differs."""

    def __init__(self, label: str) -> None:
        self.ordinal = len(type(self).__members__)  # members defined so far
        self.nominal_ms = int(label[:-1]) * _UNIT_MS[label[-1]]

    __hash__ = object.__hash__
    """By identity: an enumeration's own is a Python function, and every ended bar is kept by its period."""

    def __lt__(self, other: Period) -> bool:
        return self.ordinal < other.ordinal

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period called `text`, case-sensitive as at the exchange (1m is a minute, 1M a month).

        Raises:
            BadPeriod: there is none of that name.
        """
        try:
            return cls(text)
        except ValueError:
            raise BadPeriod(f"{text!r} is no period; there are {', '.join(map(str, cls))}") from None

    def open_ms(self, at_ms: int, anchor: int = DEFAULT_THREE_DAY_ANCHOR) -> int:
        """When the bar that holds `at_ms` opens; `anchor` (0, 1 or 2) matters to 3d only."""
        if self is Period.MO1:
            return _month_ms(at_ms, 0)
        offset = _offset(self, anchor)
        return at_ms - (at_ms - offset) % self.nominal_ms

    def is_on_grid(self, open_ms: int, anchor: int | None = None) -> bool:
        """Whether a bar can open then; three-day bars, where their `anchor` is not known, on any day."""
        if anchor is None:
            grid = Period.D1 if self is Period.D3 else self
            return grid.open_ms(open_ms) == open_ms
        return self.open_ms(open_ms, anchor) == open_ms

    def end_ms(self, open_ms: int) -> int:
        """When the bar that opened at `open_ms` is over: the next one's open."""
        if self is Period.MO1:
            return _month_ms(open_ms, 1)
        return open_ms + self.nominal_ms

    def count(self, from_ms: int, to_ms: int) -> int:
        """How many bars open from one open time to before another time."""
        if self is Period.MO1:
            return max(0, _month(to_ms - 1) - _month(from_ms) + 1)
        return max(0, -(-(to_ms - from_ms) // self.nominal_ms))

    def divides(self, larger: Period) -> bool:
        """Whether bars of this period fill each bar of `larger` without crossing its edges."""
        if not self < larger:
            return False
        if larger in (Period.MO1, Period.W1):
            return self.nominal_ms <= DAY_MS
        return larger.nominal_ms % self.nominal_ms == 0


DEFAULT_PERIODS: Final = (Period.M1, Period.M5, Period.M30, Period.H1, Period.H4, Period.D1, Period.W1)


def chain(periods: tuple[Period, ...]) -> tuple[Period, ...]:
    """`periods` sorted and without doubles, always beginning with 1m, from which all others are made."""
    return tuple(sorted({Period.M1, *periods}))


def child_of(period: Period, among: tuple[Period, ...]) -> Period:
    """The longest of `among` that `period` can be rolled up from; 1m at the least."""
    return max((p for p in among if p.divides(period)), default=Period.M1)


def _offset(period: Period, anchor: int) -> int:
    if period is Period.W1:
        return _MONDAY_MS
    return anchor * DAY_MS if period is Period.D3 else 0


def _month(at_ms: int) -> int:
    """Months since the year 0."""
    day = datetime.fromtimestamp(at_ms // 1000, UTC)
    return day.year * 12 + day.month - 1


def _month_ms(at_ms: int, later: int) -> int:
    months = _month(at_ms) + later
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1000
