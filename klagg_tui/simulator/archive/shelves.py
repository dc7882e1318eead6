"""Which files the archive has: their names, what they hold, and since when they are there.

Source: README of binance-public-data. Files of a day are there the next day, those of a month on the first Monday of the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from klagg_tui.simulator.market.calendar import INTERVALS

DAY_MS: Final = 86_400_000
TRADES: Final = "aggTrades"
KINDS: Final = (TRADES, "klines")
_DAILY_MS: Final = 4 * 3_600_000
"""How long after its day a file is there."""
_NAME: Final = re.compile(r"(?P<symbol>.+)-(?P<what>aggTrades|\d+(?:mo|[mhdw]))-(?P<part>\d{4}-\d{2}(?:-\d{2})?)\.zip")
_DAILY_INTERVALS: Final = frozenset(INTERVALS) - {"3d", "1w", "1M"}
"""The days of longer ones were given up in 2023."""


class ArchiveFile(NamedTuple):
    """One file; `folder` is the market's, as `futures/um`."""

    folder: str
    symbol: str
    interval: str | None
    """Of klines, as the exchange calls it; None for aggregate trades."""
    part: str
    """`2024-01` or `2024-01-31`."""

    @property
    def name(self) -> str:
        """Without its folder."""
        what = TRADES if self.interval is None else self.interval.replace("M", "mo")
        return f"{self.symbol}-{what}-{self.part}.zip"

    @property
    def key(self) -> str:
        """Its whole name in the bucket."""
        pace = "monthly" if self.is_month else "daily"
        place = TRADES if self.interval is None else "klines"
        inner = "" if self.interval is None else f"{self.interval.replace('M', 'mo')}/"
        return f"data/{self.folder}/{pace}/{place}/{self.symbol}/{inner}{self.name}"

    @property
    def is_month(self) -> bool:
        """Whether it holds a month; else a day."""
        return len(self.part) == len("2024-01")

    @property
    def from_ms(self) -> int:
        """When what it holds begins."""
        return _ms(self._first)

    @property
    def to_ms(self) -> int:
        """When what it holds is over."""
        return _ms(_next_month(self._first) if self.is_month else self._first + timedelta(days=1))

    @property
    def published_ms(self) -> int:
        """Since when it is there."""
        if not self.is_month:
            return self.to_ms + _DAILY_MS
        after = _next_month(self._first)
        return _ms(after + timedelta(days=-after.weekday() % 7)) + _DAILY_MS

    @property
    def _first(self) -> date:
        return date.fromisoformat(f"{self.part}-01" if self.is_month else self.part)


def read_key(key: str, folder: str) -> ArchiveFile | None:
    """The file of that name; None where there cannot be one."""
    found = _NAME.fullmatch(key.rpartition("/")[2])
    if found is None:
        return None
    interval = None if found["what"] == TRADES else found["what"].replace("mo", "M")
    file = ArchiveFile(folder, found["symbol"], interval, found["part"])
    try:
        is_there = file.to_ms > file.from_ms and file.key == key
    except ValueError:
        return None
    return file if is_there and _is_kept(file) else None


def files_of(
    folder: str, symbol: str, interval: str | None, from_ms: int, now_ms: int, *, monthly: bool
) -> Iterator[ArchiveFile]:
    """What was published of a symbol by now, the oldest first; `from_ms`: when its trading began."""
    day = datetime.fromtimestamp(from_ms / 1000, UTC).date()
    day = day.replace(day=1) if monthly else day
    while True:
        file = ArchiveFile(folder, symbol, interval, f"{day:%Y-%m}" if monthly else f"{day:%Y-%m-%d}")
        if file.to_ms > now_ms:
            return
        if file.published_ms <= now_ms and _is_kept(file):
            yield file
        day = _next_month(day) if monthly else day + timedelta(days=1)


def _is_kept(file: ArchiveFile) -> bool:
    return file.interval is None or file.interval in (INTERVALS if file.is_month else _DAILY_INTERVALS)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
