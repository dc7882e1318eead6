"""Whole days as Parquet files, in a folder or a bucket: the target of `--dataset`.

What is delivered says which days changed; each of those that are over is read as it is stored by now and replaces its file, in which of each
bar that other recorders have there too the surer one stays (see `dataset_merge`). When a day is over, so are all files of it
written. How far that came is written last, so that a crash repeats some files and lacks none.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import Iterable
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from klagg_tui.engine.period import DAY_MS, MINUTE_MS
from klagg_tui.errors import ExportError, SinkError
from klagg_tui.sinks import dataset_files as files
from klagg_tui.sinks.dataset_merge import merged
from klagg_tui.sinks.place import OWN, Place
from klagg_tui.sinks.position import Position
from klagg_tui.storage.connection import beside
from klagg_tui.storage.days import Day, Days
from klagg_tui.storage.sink_log import Part, Portion, SeriesPlace

if TYPE_CHECKING:
    import polars as pl

log = logging.getLogger(__name__)

SETTLED_MS: Final = 10 * MINUTE_MS
"""So long after its end a day is written: its last bars are confirmed by then."""
_AT_ONCE: Final = 16
"""Files under way: a bucket answers slowly, and many at a time."""
_FEW: Final = 3
"""So many days are looked for one by one, more in a list of what is there."""
_MOST_TRIES: Final = 20
"""So often a file may be another one than was read: each time somebody else has come further."""
_VERSION: Final = 1
_NUMBER: Final = attrgetter("number")


class _News(NamedTuple):
    """What is delivered."""

    bars: dict[Day, set[int]]
    """Open times, day by day."""
    swept: dict[SeriesPlace, list[files.Stretch]]
    """By series, where bars were taken back."""


class DatasetTarget:
    """The files of one database in one place; see `Target`."""

    def __init__(self, place: Place, database: Path, pause_s: float = 0) -> None:
        self.name = place.name
        self.pause_s = pause_s
        self._place = place
        self._database = database
        self._days: Days | None = None
        self._recorder = ""
        self._lock: int | None = None
        self._before = 0
        """Days before this one are there; 0: none yet."""

    @property
    def needs_from_ms(self) -> int | None:
        """See `Target`: a day that is not over is read when it is."""
        return self._before * DAY_MS

    @property
    def remark(self) -> str:
        """See `Target`."""
        until = f"those before {files.date_of(self._before)}" if self._before else "none is over yet"
        return f"A dataset holds whole days (UTC): {until}."

    async def open(self, recorder: str) -> Position | None:
        """See `Target`."""
        await self.close()
        self._lock = _locked(self._database, self.name)
        self._days = await Days.open(self._database)
        await self._place.prepare()
        self._recorder = recorder
        found = await self._position()
        self._before = found[1] if found else await self._over(self._days)
        return found and found[0]

    async def put(self, portion: Portion, position: Position, before: str | None) -> bool:
        """See `Target`."""
        if self._days is None:
            raise SinkError(f"{self.name}: it is not open.")
        there = await self._position()
        if (there and there[0].token) != before:
            return False
        over, news = await self._over(self._days), _news_of(portion.parts)
        await self._write(await self._changed(portion, news, over), news, over)
        crossed = sorted(await self._days.between(self._before, over), key=_order)
        for number, files_of_day in groupby(crossed, _NUMBER):
            await self._write(files_of_day, news, over)
            if there is not None:  # what comes behind it is found by its number again
                await self._tell(there[0], number + 1)
        await self._write_lost(over, is_last=portion.is_last)
        await self._tell(position, over)
        return True

    async def close(self) -> None:
        """See `Target`."""
        days, self._days = self._days, None
        if days is not None:
            await days.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    @property
    def _own_name(self) -> str:
        return f"{OWN}/{self._recorder}.json"

    async def _position(self) -> tuple[Position, int] | None:
        """What was delivered, and before which day all are there."""
        kept = await self._place.get(self._own_name)
        if kept is None:
            return None
        try:
            told: dict[str, Any] = json.loads(kept.data)
            if told["version"] > _VERSION:
                raise SinkError(f"{self.name}: a newer klagg writes it; update klagg, or name another folder.")
            place: tuple[int, int, int] | None = None
            if told["place"] is not None:
                symbol, period, minute = map(int, told["place"])
                place = symbol, period, minute
            return Position(str(told["token"]), int(told["number"]), place), files.number_of(told["before"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SinkError(
                f"{self.name}: {self._own_name} is not what klagg wrote there; delete it, and everything is delivered anew."
            ) from error

    async def _tell(self, position: Position, before: int) -> None:
        text = {"version": _VERSION, **position._asdict(), "before": files.date_of(before)}
        await self._place.put(self._own_name, json.dumps(text, indent=1).encode())
        self._before = before

    @staticmethod
    async def _over(days: Days) -> int:
        """The first day that is not over, as the newest bar tells."""
        return max(0, await days.reached_ms() - SETTLED_MS) // DAY_MS

    async def _changed(self, portion: Portion, news: _News, over: int) -> set[Day]:
        """Of which days the files are to be other ones, beside those that are over now."""
        found = {day for day in news.bars if day.number < min(over, self._before)}
        for part in portion.parts:
            if part.is_swept:
                found |= await self._swept(part)
        if over < self._before or portion.series is not None:
            known = portion.series
            found |= {
                day
                for day in await self._there()
                if over <= day.number < self._before or (known is not None and day.series not in known)
            }
        return found

    async def _swept(self, part: Part) -> set[Day]:
        """Days on which bars may have been that are no more."""
        first, last = part.from_ms // DAY_MS, (part.to_ms - 1) // DAY_MS
        series = _series(part)
        if last - first < _FEW:
            return {Day(series, number) for number in range(first, last + 1)}
        return {day for day in await self._there(files.folder_of(series)) if first <= day.number <= last}

    async def _there(self, folder: str = "") -> list[Day]:
        names = await self._place.names(folder)
        return [day for name in names if (day := files.day_of(name)) is not None]

    async def _write(self, changed: Iterable[Day], news: _News, over: int) -> None:
        left = sorted(changed, key=_order)
        for begin in range(0, len(left), _AT_ONCE):
            writing = [self._write_day(day, news, over) for day in left[begin : begin + _AT_ONCE]]
            for done in await asyncio.gather(*writing, return_exceptions=True):
                if isinstance(done, BaseException):
                    raise done

    async def _write_lost(self, over: int, *, is_last: bool) -> None:
        """Once more what somebody has written over who had not read it."""
        for _ in range(_MOST_TRIES):
            lost = [day for name in await self._place.lost(is_last=is_last) if (day := files.day_of(name)) is not None]
            if not lost:
                return
            await self._write(lost, _News({}, {}), over)
        raise SinkError(f"{self.name}: others write over what is written here again and again.")

    async def _write_day(self, day: Day, news: _News, over: int) -> None:
        """Have a day's file as it should be by now, whoever else writes it meanwhile."""
        assert self._days is not None
        aged_ms = await self._days.aged_before_ms(day.series)
        own = await self._read(self._days, day, is_over=day.number < over)
        for _ in range(_MOST_TRIES):
            if await self._swap(day, own, news, aged_ms):
                return
        raise SinkError(f"{self.name}: others write {files.name_of(day)} faster than it can be read.")

    async def _swap(self, day: Day, own: pl.DataFrame, news: _News, aged_ms: int) -> bool:
        """Write what is stored beside what is there; returns False where that is another file by then."""
        name = files.name_of(day)
        there = await self._place.get(name)
        held = files.unpacked(there.data) if there else None
        if there and held is None:
            log.warning("%s: %s is damaged, and is written anew", self.name, name)
        bars = merged(
            own,
            files.nothing() if held is None else held,
            day,
            self._recorder,
            news=news.bars.get(day, ()) if day.number < self._before else None,
            aged_ms=aged_ms,
            swept=news.swept.get(day.series, ()),
        )
        if bars.equals(held) if held is not None else not (bars.height or there):
            return True
        if bars.height or there is None:
            return await self._place.swap(name, files.packed(bars), there)
        return await self._place.empty(name, files.packed(bars), there)

    async def _read(self, days: Days, day: Day, *, is_over: bool) -> pl.DataFrame:
        from klagg_tui.exporting.scaled import FramePage, reading_of

        if not is_over:
            return files.joined([], day.series)
        read = reading_of(files.series_of(day.series), files.LAYOUT)
        pages = [page.frame if isinstance(page, FramePage) else page async for page in days.pages(day, read)]
        try:
            return files.joined(pages, day.series)
        except ExportError as error:
            raise SinkError(f"{self.name}: {error}") from error


def _news_of(parts: Iterable[Part]) -> _News:
    found = _News({}, {})
    for part in parts:
        series = _series(part)
        for bar in part.bars:
            found.bars.setdefault(Day(series, bar.open_ms // DAY_MS), set()).add(bar.open_ms)
        if part.is_swept:
            found.swept.setdefault(series, []).append((part.from_ms, part.to_ms))
    return found


def _order(day: Day) -> tuple[int, str, str, int]:
    """As they are written: day by day, and always the same."""
    return day.number, day.series.venue, day.series.symbol, day.series.period.ordinal


def _series(part: Part) -> SeriesPlace:
    return SeriesPlace(part.venue, part.symbol, part.period)


def _locked(database: Path, name: str) -> int:
    """A descriptor that holds the right to deliver from a database to a place; the system drops it with the process.

    Two that write the same files would each put back what the other has amended.

    Raises:
        SinkError: another klagg does so.
    """
    path = beside(database, f"-dataset-{sha256(name.encode()).hexdigest()[:12]}")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise SinkError(f"{path} cannot be written ({error.strerror}): nothing was delivered to {name}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise SinkError(f"Another klagg delivers from this database to {name} already.") from error
    except OSError:  # a file system without such locks
        return descriptor
    return descriptor
