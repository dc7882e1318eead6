"""What is owed: bars that are missing, known from the rows that are there and from nothing else.

The *frontier* of a series is the open time before which, from the first stored row on, every row is there. It moves only
when the count of rows says so, in the transaction that counted them; so it holds whatever made a hole: a crash, a short
session, an import, a backup, retention. What lies between the frontier and the series' end and is not there is owed, unless
the exchange was shown not to have it (`unavailable`). A series that is whole costs one look at its newest rows.

1m bars are owed from the first stored one on, those of a new listing from its beginning. Larger ones follow from them, so they are owed only before the first 1m bar,
where short bars are deleted after a while or were never fetched, and where 1m bars are not to be had.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.confirming import put_confirmed
from klagg_tui.storage.connection import Connection, Insert
from klagg_tui.storage.merging import Added
from klagg_tui.storage.stretches import Stretch, whole_bars, without
from klagg_tui.storage.symbols import Standing, StoredSymbol, Symbols
from klagg_tui.storage.venues import Naming
from klagg_tui.storage.writer import Writer

_AT_ONCE: Final = 600
"""Symbols looked at in one transaction: 9 ms where they are whole."""
_AT_ONCE_ANEW: Final = 25
"""The same where series are counted from their first rows on: a month of minutes each takes a quarter of a second."""
_PERIODS: Final = tuple(Period)
_NEW: Final = 24 * 60
"""Minutes since its listing in which a symbol is new."""

_FRONTIER: Final = Insert(
    "frontier", "ON CONFLICT (symbol, period) DO UPDATE SET first = excluded.first, until = excluded.until"
)
_UNAVAILABLE: Final = Insert(
    "unavailable",
    "ON CONFLICT (symbol, period, first) DO UPDATE SET until = max(until, excluded.until), asked_ms = excluded.asked_ms",
)
_HEADS: Final = """
SELECT w.symbol, w.period, f.first, f.until,
    (SELECT min(h.minute) FROM history AS h WHERE h.symbol = w.symbol AND h.period = w.period),
    (SELECT max(h.minute) FROM history AS h WHERE h.symbol = w.symbol AND h.period = w.period)
FROM (SELECT json_extract(value, '$[0]') AS symbol, json_extract(value, '$[1]') AS period, key FROM json_each(?)) AS w
LEFT JOIN frontier AS f ON f.symbol = w.symbol AND f.period = w.period ORDER BY w.key
"""
_COUNTS: Final = """
SELECT (SELECT count(*) FROM history AS h
    WHERE h.symbol = json_extract(j.value, '$[0]') AND h.period = json_extract(j.value, '$[1]')
    AND h.minute >= json_extract(j.value, '$[2]') AND h.minute < json_extract(j.value, '$[3]'))
FROM json_each(?) AS j ORDER BY j.key
"""
_BREAKS: Final = """
SELECT before, minute FROM (
    SELECT lag(minute) OVER (ORDER BY minute) AS before, minute FROM history
    WHERE symbol = :symbol AND period = :period AND minute >= :first AND minute < :until)
WHERE minute - before > :longest
"""
_ENDS: Final = """
SELECT min(minute), max(minute) FROM history WHERE symbol = ? AND period = ? AND minute >= ? AND minute < ?
"""
_NOT_TO_BE_HAD: Final = "SELECT symbol, period, first, until, asked_ms FROM unavailable ORDER BY symbol, period, first"
_KNOWN_SERIES: Final = "SELECT count(*) FROM frontier WHERE symbol IN (SELECT value FROM json_each(?))"
_GONE: Final = f"""
UPDATE symbols SET standing = {Standing.GONE.value}, ended_ms = :until * 60000 WHERE id = :symbol AND NOT active
AND standing = {Standing.FOLLOWED.value}
AND :until > (SELECT max(minute) FROM history WHERE symbol = :symbol AND period = :period)
AND (:period = 0 OR NOT EXISTS (SELECT 1 FROM history WHERE symbol = :symbol AND period = 0))
"""
_NO_CURRENT_BARS: Final = f"""
DELETE FROM forming WHERE symbol IN (SELECT id FROM symbols WHERE id = :symbol AND standing = {Standing.GONE.value})
"""


class Hole(NamedTuple):
    """Bars of one series that are missing, from one open time to before another."""

    symbol: str
    period: Period
    from_ms: int
    to_ms: int
    is_tail: bool
    """Whether nothing is stored behind it, and it is not known where the series ends."""

    @property
    def bars(self) -> int:
        """How many are missing."""
        return self.period.count(self.from_ms, self.to_ms)


class Unavailable(NamedTuple):
    """Bars that the exchange was asked for and does not have, from one open time to before another."""

    symbol: str
    period: Period
    from_ms: int
    to_ms: int
    asked_ms: int
    """When it was asked, by its own clock."""


class Answer(NamedTuple):
    """What the exchange answered about missing bars of one series."""

    symbol: str
    period: Period
    bars: Sequence[Bar]
    """Its own, final."""
    lacks: Sequence[tuple[int, int]]
    """What it was shown not to have: from one open time to before another."""
    asked_ms: int
    gone_ms: int | None = None
    """It has nothing of a symbol that is no longer traded behind this time, where the last stored bar ended."""


class Debts(NamedTuple):
    """How much is owed, all symbols together."""

    minutes: int = 0
    symbols: int = 0

    @classmethod
    def of(cls, holes: Collection[Hole]) -> Debts:
        """In sum; a larger bar counts as its minutes."""
        return cls(sum(hole.to_ms - hole.from_ms for hole in holes) // MINUTE_MS, len({hole.symbol for hole in holes}))


class _Series(NamedTuple):
    """One symbol's bars of one period, as the file has them; times in minutes."""

    symbol: int
    period: Period
    proven: Stretch | None
    """Its frontier as it was found last, with the first row that there was then."""
    first: int
    """From where on it is wanted: the first row, or a little before."""
    last: int
    """Open time of the last row."""
    end: int
    """Up to where it is wanted."""

    @property
    def wanted(self) -> list[Stretch]:
        """What is not known to be whole."""
        if self.proven is None:
            return [(self.first, self.end)]
        begun, until = self.proven
        older = [(self.first, min(begun, self.end))] if self.first < begun else []
        return [*older, (max(until, self.first), self.end)]

    @property
    def whole_until(self) -> int:
        """Up to where all is there, where nothing of what is wanted is missing."""
        if self.proven is None or self.end < self.proven[0]:
            return self.end
        return max(self.end, self.proven[1])


async def find_owed(
    writer: Writer, settled_ms: int, periods: Collection[Period], venue: str | None = None
) -> list[Hole]:
    """Move every frontier as far as the rows say, and give what is missing behind it, oldest first within a series.

    Args:
        writer: whose file it is.
        settled_ms: bars that ended by then are final at the exchange.
        periods: those to look at.
        venue: whose symbols; None: all.
    """
    found: list[Hole] = []
    async with writer.batch():
        numbers = [number for number, known in writer.symbols.of(venue).items() if known.standing]
        known_series = await writer.connection.value(_KNOWN_SERIES, (json.dumps(numbers),))
    at_once = _AT_ONCE if known_series >= len(numbers) * len(periods) else _AT_ONCE_ANEW
    for start in range(0, len(numbers), at_once):
        async with writer.batch():
            part = {number: writer.symbols.known[number] for number in numbers[start : start + at_once]}
            look = _Look(writer.connection, part, settled_ms)
            found += await look.holes(periods)
            await writer.connection.insert(_FRONTIER, look.moved)
    return found


async def read_owed(connection: Connection, naming: Naming, settled_ms: int, venue: str | None = None) -> list[Hole]:
    """What is missing of all series, the frontiers being left where they are; see `find_owed`."""
    known = (await Symbols.read(connection, naming)).of(venue)
    followed = {number: symbol for number, symbol in known.items() if symbol.standing}
    return await _Look(connection, followed, settled_ms).holes(_PERIODS)


async def read_unavailable(connection: Connection, naming: Naming, venue: str | None = None) -> list[Unavailable]:
    """What the exchange does not have."""
    known = (await Symbols.read(connection, naming)).of(venue)
    return [
        Unavailable(known[symbol].symbol, _PERIODS[period], first * MINUTE_MS, until * MINUTE_MS, asked_ms)
        for symbol, period, first, until, asked_ms in await connection.rows(_NOT_TO_BE_HAD)
        if symbol in known
    ]


async def settle(writer: Writer, answer: Answer) -> Added:
    """Store what the exchange answered, in one transaction: its bars, what it lacks, and that a symbol is gone."""
    async with writer.batch({answer.symbol}):
        added = await put_confirmed(writer, answer.bars)
        number = writer.symbols.ids[answer.symbol]
        lacks = [
            (number, answer.period.ordinal, from_ms // MINUTE_MS, to_ms // MINUTE_MS, answer.asked_ms)
            for from_ms, to_ms in answer.lacks
        ]
        await writer.connection.insert(_UNAVAILABLE, lacks)
        if answer.gone_ms is not None:
            until = answer.gone_ms // MINUTE_MS
            await writer.connection.rows(_GONE, {"symbol": number, "period": answer.period.ordinal, "until": until})
            await writer.connection.rows(_NO_CURRENT_BARS, {"symbol": number})
            await writer.reload_symbols()
    return added


class _Look:
    """One look at some symbols, inside one snapshot."""

    def __init__(self, connection: Connection, known: Mapping[int, StoredSymbol], settled_ms: int) -> None:
        self.moved: list[tuple[int, int, int, int]] = []
        """Rows of `frontier`."""
        self._connection = connection
        self._known = known
        self._settled_ms = settled_ms

    async def holes(self, periods: Collection[Period]) -> list[Hole]:
        """What is missing; `moved` says afterwards how far everything is whole."""
        series = await self._series(periods)
        lacked = await self._lacked()
        asked = [
            (one, stretch)
            for one in series
            for wanted in (*one.wanted, *self._behind_lacked(one, lacked))
            for stretch in without(wanted, lacked.get((one.symbol, one.period.ordinal), ()))
        ]
        found: dict[_Series, list[Stretch]] = {}
        for (one, stretch), count in zip(asked, await self._counts(asked), strict=True):
            if count != one.period.count(*_ms(stretch)):
                found.setdefault(one, []).extend(await self._missing(one, stretch))
        for one in series:
            self._move(one, found.get(one, ()))
        return [self._hole(one, hole) for one, holes in found.items() for hole in holes]

    async def _series(self, periods: Collection[Period]) -> list[_Series]:
        """Those that have rows, and up to where they are wanted."""
        ordinals = sorted({Period.M1.ordinal, *(period.ordinal for period in periods)})
        keys = json.dumps([(number, ordinal) for number in self._known for ordinal in ordinals])
        found: list[_Series] = []
        minutes: dict[int, int] = {}
        for number, ordinal, begun, until, first, last in await self._connection.rows(_HEADS, (keys,)):
            period, wanted = _PERIODS[ordinal], first
            if first is None:
                continue
            if period is Period.M1:
                minutes[number] = first
                wanted = _begun(self._known[number], first)
            proven = None if begun is None else (begun, until)
            end = self._end(number, period, last, minutes.get(number))
            found.append(_Series(number, period, proven, wanted, last, end))
        return [one for one in found if one.period in periods]

    def _end(self, number: int, period: Period, last: int, first_minute: int | None) -> int:
        known = self._known[number]
        if period is not Period.M1 and first_minute is not None:
            return period.open_ms(first_minute * MINUTE_MS, known.anchor) // MINUTE_MS
        if known.standing is Standing.GONE:
            # Its last rows may have been deleted, and older ones have come since.
            return max(_next(period, last), period.open_ms(known.ended_ms, known.anchor) // MINUTE_MS)
        return period.open_ms(self._settled_ms, known.anchor) // MINUTE_MS

    async def _lacked(self) -> dict[tuple[int, int], list[Stretch]]:
        found: dict[tuple[int, int], list[Stretch]] = {}
        for symbol, period, first, until, _ in await self._connection.rows(_NOT_TO_BE_HAD):
            found.setdefault((symbol, period), []).append((first, until))
        return found

    def _behind_lacked(self, one: _Series, lacked: Mapping[tuple[int, int], Sequence[Stretch]]) -> Iterator[Stretch]:
        """Larger bars that no minute will make: the exchange shows fewer minutes than days."""
        if one.period is Period.M1:
            return iter(())
        minutes = lacked.get((one.symbol, Period.M1.ordinal), ())
        return whole_bars(minutes, one.period, self._known[one.symbol].anchor, one.end)

    async def _counts(self, asked: Sequence[tuple[_Series, Stretch]]) -> list[int]:
        ranges = json.dumps([(one.symbol, one.period.ordinal, *stretch) for one, stretch in asked])
        return [count for (count,) in await self._connection.rows(_COUNTS, (ranges,))]

    async def _missing(self, one: _Series, stretch: Stretch) -> list[Stretch]:
        """The holes of a stretch in which the count is off."""
        key = one.symbol, one.period.ordinal
        first, last = (await self._connection.rows(_ENDS, (*key, *stretch)))[0]
        if first is None:
            return [stretch]
        names = {"symbol": one.symbol, "period": one.period.ordinal, "first": first, "until": stretch[1]}
        breaks = await self._connection.rows(_BREAKS, {**names, "longest": _longest(one.period)})
        found = [
            (stretch[0], first),
            *((_next(one.period, before), minute) for before, minute in breaks),
            (_next(one.period, last), stretch[1]),
        ]
        return [(begin, end) for begin, end in found if begin < end]

    def _move(self, one: _Series, holes: Collection[Stretch]) -> None:
        until = min([one.whole_until, *(first for first, _ in holes)])
        proven = one.first, max(until, one.first)
        if proven != one.proven:
            self.moved.append((one.symbol, one.period.ordinal, *proven))

    def _hole(self, one: _Series, stretch: Stretch) -> Hole:
        known = self._known[one.symbol]
        is_tail = stretch[0] > one.last and known.standing is not Standing.GONE
        return Hole(known.symbol, one.period, *_ms(stretch), is_tail)


def _begun(known: StoredSymbol, first: int) -> int:
    """The first minute wanted: of a symbol that was new when its first bar was stored, the one of its listing."""
    listed = -(-known.first_open_ms // MINUTE_MS)
    return listed if listed and 0 < first - listed <= _NEW else first


def _ms(stretch: Stretch) -> Stretch:
    return stretch[0] * MINUTE_MS, stretch[1] * MINUTE_MS


def _next(period: Period, minute: int) -> int:
    return period.end_ms(minute * MINUTE_MS) // MINUTE_MS


def _longest(period: Period) -> int:
    """Minutes between two bars that follow each other, at the most: a month has up to 31 days."""
    days_31 = 31 * 24 * 60
    return days_31 if period is Period.MO1 else period.nominal_ms // MINUTE_MS
