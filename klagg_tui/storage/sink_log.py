"""What a sink asks of the database: what it still has to deliver, and where it keeps how far it came.

A sink is told everything from its `registration` on, entry by entry, and on its way all that was stored before, page by page. What it
is given is read in one snapshot, so that bars, log and current bars agree. The position is kept where the bars go, in
the same transaction; here is only what tells whether the two belong together, and what the log need not hold any more.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from glob import escape
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage import delivery_log
from klagg_tui.storage.connection import Connection, Row
from klagg_tui.storage.delivery_log import LIVE, Range, fitting, ranges_of
from klagg_tui.storage.disk_errors import missing, reading
from klagg_tui.storage.notes import Kind
from klagg_tui.storage.opening import has_database, open_beside, open_reader
from klagg_tui.storage.queries import FOREVER, MINUTE
from klagg_tui.storage.rows import JSON_ROWS, bars
from klagg_tui.storage.symbols import Symbols
from klagg_tui.storage.venues import Naming, naming_of, venues_of

RECORDER: Final = "recorder"
"""Key of the text by which this file is known where its bars go."""
PATIENCE_S: Final = 120.0
"""For whoever writes bars: on a machine that is too busy one of its transactions follows the other, and each takes its time."""
_ENTRIES_AT_ONCE: Final = 20_000
_PAST_LETTERS: Final = 3_300
"""Of some hundred tokens that were there before."""

_REGISTER: Final = """
INSERT INTO sinks (name, delivered, token, needed_from) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
delivered = excluded.delivered, token = excluded.token, pending = '', is_dropped = 0, needed_from = excluded.needed_from
"""
_INTEND: Final = """
UPDATE sinks SET pending = pending || ' ' || ? WHERE name = ? AND token = ? AND NOT is_dropped RETURNING 1
"""
_ACKNOWLEDGE: Final = f"""
UPDATE sinks SET delivered = ?1, token = ?2, pending = '', past = substr(past || ' ' || token, -{_PAST_LETTERS}),
needed_from = ?4
WHERE name = ?3 AND (instr(pending, ?2) OR token = ?2) AND NOT is_dropped RETURNING 1
"""
_IN: Final = f"""
SELECT {JSON_ROWS} FROM json_each(?) AS j CROSS JOIN history AS h
ON h.symbol = json_extract(j.value, '$[0]') AND h.period = json_extract(j.value, '$[1]')
AND h.minute >= json_extract(j.value, '$[2]') AND h.minute < json_extract(j.value, '$[3]')
"""
_FROM: Final = f"""
SELECT {JSON_ROWS} FROM (SELECT * FROM history WHERE (symbol, period, minute) >= (?, ?, ?)
    ORDER BY symbol, period, minute LIMIT ?) AS h
"""
_FORMING: Final = f"""
SELECT {JSON_ROWS} FROM forming AS h WHERE NOT EXISTS (SELECT 1 FROM history AS o
    WHERE o.symbol = h.symbol AND o.period = h.period AND o.minute = h.minute)
"""
_ALL_SERIES: Final = """
SELECT s.id, p.id FROM symbols AS s CROSS JOIN periods AS p
WHERE EXISTS (SELECT 1 FROM history AS h WHERE h.symbol = s.id AND h.period = p.id)
UNION SELECT symbol, period FROM aged
"""
_AGED: Final = "SELECT symbol, period, before FROM aged"

Place = tuple[int, int, int]
"""Symbol, period and minute of a row: in this order they lie on the disk."""
BEGINNING: Final[Place] = (0, 0, 0)
_SERIES: Final = itemgetter(0, 1)
_MINUTE: Final = itemgetter(MINUTE)
_PLACE: Final = itemgetter(0, 1, MINUTE)
_PERIODS: Final = tuple(Period)


class Registration(NamedTuple):
    """What is kept here of a sink."""

    delivered: int
    """The number up to which it has everything, as far as is known here."""
    token: str
    """Written beside that number where the bars went; empty where none were yet."""
    pending: tuple[str, ...]
    """Those that were to be written there since: one of all these is there, or it is another file's doing."""
    past: tuple[str, ...]
    """Those that were there before it, the newest of them."""
    is_dropped: bool
    """It was too far behind, so that what it lacks is not known any more."""


class Part(NamedTuple):
    """Bars of one series as they are stored now, all that open from one time to before another."""

    venue: str
    """The exchange's key, of an imitation of it with its address; empty where nobody has said whose bars these are."""
    symbol: str
    """As the exchange writes it."""
    period: Period
    from_ms: int
    to_ms: int
    is_swept: bool
    """Whether there were others, which are to go elsewhere too."""
    bars: tuple[Bar, ...]


class SeriesPlace(NamedTuple):
    """Whose bars, and of which period."""

    venue: str
    symbol: str
    period: Period


class Portion(NamedTuple):
    """What is to be delivered together."""

    parts: tuple[Part, ...]
    number: int
    """With it everything up to this number of the log is."""
    place: Place | None
    """Where what was stored before goes on; None: all of it is delivered."""
    is_last: bool
    """Whether nothing waits behind it."""
    forming: tuple[Part, ...] | None
    """The current bars, all of them; None where they are not asked for, or something waits."""
    series: frozenset[SeriesPlace] | None = None
    """At the beginning of what was stored before: all series that there are or were, so that no other one is elsewhere."""


class LogNews(NamedTuple):
    """What the log tells to somebody who watches the live engine beside it."""

    number: int
    changed: tuple[StoredStretch, ...]
    """Bars that were written, and the live engine did not tell so."""
    taken_back: tuple[StoredStretch, ...]


class SinkLog:
    """The log of a database, opened by who delivers. Every method may raise `StorageError`."""

    def __init__(self, writer: Connection, reader: Connection, naming: Naming) -> None:
        """Use `open`."""
        self._writer = writer
        self._reader = reader
        self._naming = naming

    @classmethod
    async def open(cls, path: Path, markets: Sequence[str] = ()) -> Self:
        """Open the log of the database at `path`, beside whoever writes bars.

        `markets`: those of the run that writes, where symbols are to be called as they are there; see `Store.open`.

        Raises:
            StorageError: there is none, or it is older than this klagg, or cannot be used.
        """
        if not has_database(path):
            raise missing(path)
        writer = await open_beside(path)
        try:
            # An acknowledgement that is lost costs a repetition, and no wait for the disk.
            await writer.rows("PRAGMA synchronous = NORMAL")
            writer.patience_s = PATIENCE_S
            reader = await open_reader(path)
        except BaseException:
            await writer.close()
            raise
        try:
            return cls(writer, reader, naming_of(path, await venues_of(reader), markets))
        except BaseException:
            await reader.close()
            await writer.close()
            raise

    async def close(self) -> None:
        """Close the file."""
        await self._reader.close()
        await self._writer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def recorder(self, fresh: str, *, is_renewed: bool = False) -> str:
        """By what this file is known where its bars go; the first time, or where that is to be renewed, by `fresh` from now on."""
        async with self._writer.transaction():
            known = await self._writer.value("SELECT value FROM meta WHERE key = ?", (RECORDER,))
            if known is not None and not is_renewed:
                return str(known)
            await self._writer.rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", (RECORDER, fresh))
        return fresh

    async def registration(self, name: str) -> Registration | None:
        """What is kept of a sink; None where there is none of that name."""
        rows = await self._writer.rows(
            "SELECT delivered, token, pending, past, is_dropped FROM sinks WHERE name = ?", (name,)
        )
        if not rows:
            return None
        delivered, token, pending, past, is_dropped = rows[0]
        return Registration(delivered, token, tuple(pending.split()), tuple(past.split()), bool(is_dropped))

    async def names(self) -> list[str]:
        """Of all sinks, those aside that keep no position."""
        rows = await self._writer.rows("SELECT name FROM sinks ORDER BY name")
        return [name for (name,) in rows if not name.startswith(LIVE)]

    async def register(self, name: str, token: str = "", needed_from_ms: int | None = None) -> int:
        """Log everything for a sink from now on; returns the number behind which its entries begin.

        `token`: of one that keeps no position; `needed_from_ms`: bars that open from then on are not deleted for their age meanwhile.
        """
        async with self._writer.transaction():
            number = await delivery_log.last_number(self._writer)
            await self._writer.rows(_REGISTER, (name, number, token, _minute(needed_from_ms)))
        return number

    async def intend(self, name: str, token: str, before: str) -> bool:
        """`token` is to be written next where the bars go, in the place of `before`; returns whether that may be.

        It may not where the sink was dropped, forgotten, or somebody else delivered in its name.
        """
        async with self._writer.transaction():
            return bool(await self._writer.rows(_INTEND, (token, name, before)))

    async def acknowledge(self, name: str, number: int, token: str, needed_from_ms: int | None = None) -> bool:
        """The sink has everything up to a number, and beside it a token that was to be there; returns whether it may go on.

        `needed_from_ms`: see `register`.
        """
        async with self._writer.transaction():
            return bool(await self._writer.rows(_ACKNOWLEDGE, (number, token, name, _minute(needed_from_ms))))

    async def forget(self, name: str) -> bool:
        """Log nothing for a sink any more; returns whether there was one."""
        async with self._writer.transaction():
            return await delivery_log.forget(self._writer, escape(name))

    async def last_number(self) -> int:
        """The highest number of the log."""
        return await delivery_log.last_number(self._writer)

    async def portion(self, number: int, place: Place | None, at_most: int, *, has_forming: bool = False) -> Portion:
        """What comes behind a number, about `at_most` bars; where that is less, what was stored before from a place on.

        `has_forming`: current bars too, once all others are among it.
        """
        async with self._reader.snapshot():
            entries = await delivery_log.entries_after(self._reader, number, _ENTRIES_AT_ONCE)
            if not entries and place is None and not has_forming:
                return Portion((), number, None, is_last=True, forming=None)
            taken = fitting(entries, at_most)
            symbols = await Symbols.read(self._reader, Naming())
            parts = await self._parts(symbols, ranges_of(taken))
            left = at_most - sum(len(part.bars) for part in parts)
            series = await self._series(symbols) if place == BEGINNING else None
            has_more = len(taken) < len(entries) or len(entries) == _ENTRIES_AT_ONCE
            if place is not None and not has_more and left > 0:
                more, place = await self._stored(symbols, place, left)
                parts += more
            is_last = place is None and not has_more
            forming = None
            if is_last and has_forming:
                forming = await self._forming(symbols)
        return Portion(tuple(parts), taken[-1].number if taken else number, place, is_last, forming, series)

    async def news(self, number: int) -> LogNews:
        """What changed behind a number beside what the live engine told, some thousand entries at the most."""
        entries = await delivery_log.entries_after(self._reader, number, _ENTRIES_AT_ONCE)
        if not entries:
            return LogNews(number, (), ())
        names = (await Symbols.read(self._reader, self._naming)).names
        told = [entry for entry in entries if entry.kind != Kind.TOLD]
        ranges = ranges_of(told)
        return LogNews(
            entries[-1].number,
            tuple(_stretch(one, names[one.symbol]) for one in ranges if not one.is_swept),
            tuple(_stretch(one, names[one.symbol]) for one in ranges if one.is_swept),
        )

    async def _parts(self, symbols: Symbols, ranges: Sequence[Range]) -> list[Part]:
        rows = await self._reader.json_rows(_IN, (json.dumps([one[:4] for one in ranges]),)) if ranges else []
        by_series = dict(self._by_series(rows))
        found: list[Part] = []
        for one in ranges:
            own = by_series.get(one[:2], [])
            begin = bisect_left(own, one.first, key=_MINUTE)
            found.append(self._part(symbols, one, own[begin : bisect_left(own, one.until, begin, key=_MINUTE)]))
        return found

    async def _stored(self, symbols: Symbols, place: Place, at_most: int) -> tuple[list[Part], Place | None]:
        """So many of the rows from a place on, and where the next ones are."""
        series = self._by_series(await self._reader.json_rows(_FROM, (*place, at_most)))
        goes_on: Place | None = None
        if sum(len(rows) for _, rows in series) == at_most:
            key, rows = series[-1]
            goes_on = (*key, rows[-1][MINUTE] + 1)
        aged = {(symbol, period): before for symbol, period, before in await self._reader.rows(_AGED)}
        found: list[Part] = []
        if place != BEGINNING and place[:2] not in dict(series):  # the page before ended with its series
            found.append(self._part(symbols, Range(*place, FOREVER, is_swept=True), []))
        for key, rows in series:
            first = place[2] if key == place[:2] else min(aged.get(key, 0), rows[0][MINUTE])
            until = goes_on[2] if goes_on and key == goes_on[:2] else FOREVER
            found.append(self._part(symbols, Range(*key, first, until, is_swept=True), rows))
        return found, goes_on

    async def _series(self, symbols: Symbols) -> frozenset[SeriesPlace]:
        rows = await self._reader.rows(_ALL_SERIES)
        with reading(self._reader.path):
            return frozenset(
                SeriesPlace(symbols.marks[number] or "", symbols.names[number], _PERIODS[period])
                for number, period in rows
            )

    async def _forming(self, symbols: Symbols) -> tuple[Part, ...]:
        rows = await self._reader.json_rows(_FORMING)
        with reading(self._reader.path):
            ranges = [(Range(row[0], row[1], row[MINUTE], row[MINUTE] + 1, is_swept=False), [row]) for row in rows]
        parts = [self._part(symbols, *one) for one in ranges]
        # One that lacks trades is under way still: elsewhere it is to go like the others when it ends.
        under_way = [tuple(bar._replace(state=State.FORMING) for bar in part.bars) for part in parts]
        return tuple(part._replace(bars=bars) for part, bars in zip(parts, under_way, strict=True))

    def _by_series(self, rows: list[Row]) -> list[tuple[tuple[int, int], list[Row]]]:
        with reading(self._reader.path):
            rows.sort(key=_PLACE)
            return [(series, list(group)) for series, group in groupby(rows, _SERIES)]

    def _part(self, symbols: Symbols, one: Range, rows: Sequence[Row]) -> Part:
        with reading(self._reader.path):
            return Part(
                symbols.marks[one.symbol] or "",
                symbols.names[one.symbol],
                _PERIODS[one.period],
                one.first * MINUTE_MS,
                one.until * MINUTE_MS,
                one.is_swept,
                tuple(bars(rows, symbols.names)),
            )


def _minute(at_ms: int | None) -> int | None:
    return None if at_ms is None else at_ms // MINUTE_MS


def _stretch(one: Range, name: str) -> StoredStretch:
    return StoredStretch(name, _PERIODS[one.period], one.first * MINUTE_MS, one.until * MINUTE_MS)
