"""Whole days of stored bars, for who writes them elsewhere: which there are, and the bars of each as they are now.

Only of what is over: a bar under way is no part of any day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final, NamedTuple, Self, TypeVar

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period
from klagg_tui.storage.connection import Connection, Row
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.mantissas import Read, mantissa_pages
from klagg_tui.storage.opening import open_reader
from klagg_tui.storage.queries import Stretch
from klagg_tui.storage.rows import bars
from klagg_tui.storage.sink_log import SeriesPlace
from klagg_tui.storage.symbols import Symbols
from klagg_tui.storage.venues import Naming

T = TypeVar("T")

_DAY: Final = DAY_MS // MINUTE_MS
_LONGEST: Final = 31
"""Days of a bar."""
_PERIODS: Final = tuple(Period)
_STATES: Final = tuple(state.value for state in State)
_NEWEST: Final = """
SELECT p.id, max((SELECT max(h.minute) FROM history AS h WHERE h.symbol = s.id AND h.period = p.id))
FROM symbols AS s CROSS JOIN periods AS p GROUP BY p.id
"""
# From the first bar of a day to the first one of a later day, whatever lies between.
_DAYS: Final = f"""
WITH RECURSIVE found (symbol, period, minute) AS (
    SELECT s.id, p.id, (SELECT min(h.minute) FROM history AS h WHERE h.symbol = s.id AND h.period = p.id AND h.minute >= ?1)
    FROM symbols AS s CROSS JOIN periods AS p
    UNION ALL
    SELECT symbol, period, (SELECT min(h.minute) FROM history AS h WHERE h.symbol = found.symbol
        AND h.period = found.period AND h.minute >= (found.minute / {_DAY} + 1) * {_DAY})
    FROM found WHERE minute < ?2
)
SELECT symbol, period, minute / {_DAY} FROM found WHERE minute < ?2
"""
_AGED: Final = "SELECT before FROM aged WHERE symbol = ? AND period = ?"


class Day(NamedTuple):
    """Bars of one series that open on one day (UTC)."""

    series: SeriesPlace
    number: int
    """Days since the epoch."""

    @property
    def from_ms(self) -> int:
        """When it begins."""
        return self.number * DAY_MS

    @property
    def to_ms(self) -> int:
        """When the next one begins."""
        return self.from_ms + DAY_MS

    @property
    def end(self) -> int:
        """The first day behind its bars: the next one, but for weeks and months, which open on one day and end days later."""
        period = self.series.period
        return self.number + 1 if period.nominal_ms <= DAY_MS else period.end_ms(self.from_ms) // DAY_MS


class _Ended(Stretch):
    """A stretch of what is over."""

    __slots__ = ()

    async def forming(self, connection: Connection) -> list[Row]:  # noqa: ARG002
        return []


class Days:
    """The days of a database, beside whoever writes to it. Every method may raise `StorageError`."""

    def __init__(self, reader: Connection) -> None:
        """Use `open`."""
        self._reader = reader
        self._names: dict[int, str] = {}
        self._series: dict[tuple[str, str], int] = {}

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the database at `path`, which is there."""
        return cls(await open_reader(path))

    async def close(self) -> None:
        """Close the file."""
        await self._reader.close()

    async def reached_ms(self) -> int:
        """The time that the newest of all bars shows: a minute is over, a larger bar may have been made before its end. 0: there is none."""
        rows = await self._reader.rows(_NEWEST)
        with reading(self._reader.path):
            return max(
                ((at + (period == Period.M1.ordinal)) * MINUTE_MS for period, at in rows if at is not None), default=0
            )

    async def between(self, first: int, before: int) -> list[Day]:
        """The days of all series, from one day to before another, on which bars open."""
        symbols = await self._symbols()
        rows = await self._reader.rows(_DAYS, (first * _DAY, before * _DAY))
        with reading(self._reader.path):
            return [
                Day(SeriesPlace(symbols.marks[symbol] or "", symbols.names[symbol], _PERIODS[period]), day)
                for symbol, period, day in rows
            ]

    async def ending(self, first: int, before: int) -> list[Day]:
        """Those that are over in that time and are not among `between`: of bars longer than a day that opened before it."""
        opened = await self.between(max(0, first - _LONGEST), first)
        return [day for day in opened if first < day.end <= before]

    async def aged_before_ms(self, series: SeriesPlace) -> int:
        """Bars of a series that opened before were deleted for their age; 0: none were."""
        number = await self._number(series)
        if number is None:
            return 0
        return int(await self._reader.value(_AGED, (number, series.period.ordinal)) or 0) * MINUTE_MS

    async def pages(self, day: Day, read: Read[T]) -> AsyncIterator[T | list[Bar]]:
        """Its bars, oldest first: what `read` makes of columns out of the database, else bars."""
        number = await self._number(day.series)
        if number is None:
            return
        first = day.number * _DAY
        stretch = _Ended(number, day.series.period, first, first + _DAY, _STATES, newest_first=False)
        async for page in mantissa_pages(self._reader, stretch, read):
            yield self._bars(page) if isinstance(page, list) else page

    def _bars(self, rows: Iterable[Row]) -> list[Bar]:
        with reading(self._reader.path):
            return bars(rows, self._names)

    async def _number(self, series: SeriesPlace) -> int | None:
        if series[:2] not in self._series:
            await self._symbols()
        return self._series.get(series[:2])

    async def _symbols(self) -> Symbols:
        symbols = await Symbols.read(self._reader, Naming())
        self._names = symbols.names
        self._series = {(symbols.marks[number] or "", name): number for number, name in symbols.names.items()}
        return symbols
