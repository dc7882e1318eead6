"""The calendar of the simulated exchange in minutes since the epoch: the grid of its kline periods, and its quarters.

The grid is written a second time on purpose: the simulated exchange judges klagg's own grid (`engine.period`), so it must not use it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import Final

MINUTE_MS: Final = 60_000
HOUR: Final = 60
DAY: Final = 1440

_MINUTES: Final = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "6h": 360,
    "8h": 480,
    "12h": 720,
    "1d": 1440,
}
INTERVALS: Final = (*_MINUTES, "3d", "1w", "1M")
"""What the exchange calls its periods, from short to long."""

_EPOCH: Final = date(1970, 1, 1)


def opened(interval: str, minute: int, anchor: int) -> int:
    """The first minute of the kline that holds `minute`; `anchor` is the symbol's three-day anchor."""
    if interval in _MINUTES:
        return minute // _MINUTES[interval] * _MINUTES[interval]
    days = minute // DAY
    if interval == "3d":
        return (days - (days - anchor) % 3) * DAY
    day = _EPOCH + timedelta(days=days)
    first = day - timedelta(days=day.weekday()) if interval == "1w" else day.replace(day=1)
    return (first - _EPOCH).days * DAY


def ended(interval: str, open_minute: int) -> int:
    """The first minute after the kline that opens at `open_minute`."""
    if interval in _MINUTES:
        return open_minute + _MINUTES[interval]
    if interval == "1M":
        first = _EPOCH + timedelta(days=open_minute // DAY)
        year, month = divmod(first.year * 12 + first.month, 12)
        return (date(year, month + 1, 1) - _EPOCH).days * DAY
    return open_minute + (3 if interval == "3d" else 7) * DAY


def quarter_ends(after: int) -> Iterator[int]:
    """The minutes at which quarterly contracts are delivered, from `after` on: last Fridays of a quarter, 08:00 UTC."""
    day = _EPOCH + timedelta(days=after // DAY)
    for quarter in count(day.year * 4 + (day.month - 1) // 3):
        year, month = divmod(quarter * 3 + 3, 12)
        last = date(year, month + 1, 1) - timedelta(days=1)
        friday = last - timedelta(days=(last.weekday() - 4) % 7)
        minute = (friday - _EPOCH).days * DAY + 8 * HOUR
        if minute >= after:
            yield minute


def written_day(minute: int) -> str:
    """The day of that minute as names of contracts have it: 261225."""
    return f"{_EPOCH + timedelta(days=minute // DAY):%y%m%d}"
