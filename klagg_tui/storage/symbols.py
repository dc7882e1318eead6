"""The symbols a database knows, with the small numbers that stand for them in its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

from klagg_tui.engine.bar import BarKey, State
from klagg_tui.engine.period import DAY_MS, DEFAULT_THREE_DAY_ANCHOR, MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.storage.connection import Connection, Insert
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.venues import Naming, marks_of


class Standing(IntEnum):
    """What klagg has to do with a symbol; the number stands for it on disk."""

    LEFT_ALONE = 0
    """Imported, or no longer wanted: nothing of it is asked for."""
    FOLLOWED = 1
    """Every minute of it is wanted. Where it is no longer traded, it is *leaving*: its last bars may still be missing."""
    GONE = 2
    """No longer traded, and the exchange was shown to have nothing newer than what is stored."""


class StoredSymbol(NamedTuple):
    """What is known of a symbol beside its bars."""

    symbol: str
    first_open_ms: int = 0
    """When its first bar opened; 0 where unknown. Nothing is missing before it."""
    anchor: int = DEFAULT_THREE_DAY_ANCHOR
    """On which day number modulo 3 its three-day bars open."""
    active: bool = True
    """Whether it was traded when the exchange was asked last."""
    standing: Standing = Standing.LEFT_ALONE
    ended_ms: int = 0
    """When the last bar of one that is gone ended, 0 before."""


class Pair(NamedTuple):
    """What a symbol is, as the listing says."""

    base: str
    """The coin that is traded; empty where the listing does not say it."""
    quote: str
    """What it is paid in."""
    is_inverse: bool = False
    """Whether volume counts contracts of a fixed worth in the quote, not the base."""


_PUT: Final = Insert(
    "symbols (venue, name, first_open_ms, anchor, active, standing, ended_ms)",
    "ON CONFLICT (name, venue) DO UPDATE SET first_open_ms = excluded.first_open_ms, anchor = excluded.anchor, "
    "active = excluded.active, standing = excluded.standing, ended_ms = excluded.ended_ms",
)
_ADD: Final = Insert(
    "symbols (venue, name, first_open_ms, anchor, active, standing, ended_ms)", "ON CONFLICT (name, venue) DO NOTHING"
)


_DAY: Final = DAY_MS // MINUTE_MS
_SYMBOLS: Final = """
SELECT s.id, s.venue, v.name, s.name, s.first_open_ms, s.anchor, s.active, s.standing, s.ended_ms
FROM symbols AS s JOIN venues AS v ON v.id = s.venue
"""
_META: Final = Insert("meta", "ON CONFLICT (key) DO UPDATE SET value = excluded.value")

NO_SYMBOL: Final = -1
"""No symbol's number."""

PRECISIONS: Final = "decimals"
"""Key of `meta`: a JSON object from the exchange's symbols to decimals of prices and of quantities, for each venue one.

That of the first venue has this key, that of another one its number behind it: `decimals/2`.
"""
ANCHORS: Final = "anchors"
"""The same from symbols to anchors, of those alone of which the exchange's own bars showed it."""
PAIRS: Final = "pairs"
"""The same from symbols to base, quote and whether it is inverse."""

WATCHED: Final = "watched"
"""Key of `meta`: a JSON list of the labels of the venues that were watched last."""

_FAR: Final = (Period.M1, Period.M30, Period.H4, Period.D1, Period.W1)
"""Periods that are asked for a symbol's oldest bar: of all there are 16, and this is asked before the first picture."""
_OLDEST: Final = f"""
SELECT s.id, p.value, (SELECT min(h.minute) FROM history AS h WHERE h.symbol = s.id AND h.period = p.value)
FROM symbols AS s CROSS JOIN json_each('{[period.ordinal for period in _FAR]}') AS p WHERE s.first_open_ms = 0
"""
_DAYS_OF_OWN: Final = f"""
SELECT minute / {_DAY} % 3, count(*) FROM history
WHERE symbol = ? AND period = {Period.D3.ordinal} AND state = {State.CONFIRMED.value} AND minute % {_DAY} = 0
GROUP BY 1
"""


class Symbols:
    """All symbols, by number and by name, as the writer sees them."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.known: dict[int, StoredSymbol] = {}
        self.labels: dict[int, str | None] = {}
        """Of their venues; None where nobody said whose they are."""
        self.marks: dict[int, str | None] = {}
        """The same with the address of an imitation."""

    @classmethod
    async def read(cls, connection: Connection, naming: Naming) -> Symbols:
        """All that are stored."""
        symbols = cls()
        for number, venue, mark, symbol, *values in await connection.rows(_SYMBOLS):
            first_open_ms, anchor, active, standing, ended_ms = values
            name = naming.name(venue, mark, symbol)
            symbols.ids[name] = number
            symbols.names[number] = name
            symbols.marks[number] = mark
            symbols.labels[number] = naming.label(venue, mark)
            symbols.known[number] = StoredSymbol(
                name, first_open_ms, anchor, bool(active), Standing(standing), ended_ms
            )
        return symbols

    def of(self, venue: str | None) -> dict[int, StoredSymbol]:
        """Those of a venue, by number; None: all."""
        if venue is None:
            return self.known
        return {number: known for number, known in self.known.items() if self.labels[number] == venue}

    def row_keys(self, keys: Iterable[BarKey]) -> list[tuple[int, int, int]]:
        """The keys of the rows in which bars are stored: symbol, period and minute."""
        return [(self.ids[symbol], period.ordinal, open_ms // MINUTE_MS) for symbol, period, open_ms in keys]


async def add_symbols(connection: Connection, naming: Naming, names: Iterable[str]) -> None:
    """Give numbers to symbols of which nothing else is known."""
    await _insert(connection, naming, _ADD, [StoredSymbol(name) for name in sorted(names)])


async def put_symbols(connection: Connection, naming: Naming, symbols: Iterable[StoredSymbol]) -> None:
    """Store the exchange's facts of symbols, known or new."""
    await _insert(connection, naming, _PUT, list(symbols))


async def _insert(connection: Connection, naming: Naming, insert: Insert, symbols: Sequence[StoredSymbol]) -> None:
    places = [naming.place(symbol.symbol, connection.path) for symbol in symbols]
    await naming.add(connection, [place.venue for place in places])
    await connection.insert(insert, [(*place, *symbol[1:]) for place, symbol in zip(places, symbols, strict=True)])


async def anchors(connection: Connection, naming: Naming, venue: str | None = None) -> dict[str, int]:
    """On which days the exchange's own three-day bars open, of symbols (of one venue) of which they were shown."""
    found = await _read(connection, naming, ANCHORS, venue)
    with reading(connection.path):
        return {symbol: int(anchor) for symbol, anchor in found.items()}


async def anchor_of_stored(connection: Connection, naming: Naming, number: int, known: StoredSymbol) -> int | None:
    """The anchor that confirmed three-day bars show, of a symbol of which none was shown yet; None where they show none.

    Those that klagg made itself open on the days that it supposed. So where others are there, and not fewer than half as many,
    these are the exchange's own.
    """
    if known.symbol in await anchors(connection, naming):
        return None
    counts = {int(day): int(count) for day, count in await connection.rows(_DAYS_OF_OWN, (number,))}
    ours = counts.pop(known.anchor, 0)
    day = max(counts, key=counts.__getitem__, default=known.anchor)
    return day if counts and counts[day] * 2 > ours else None


async def precisions(connection: Connection, naming: Naming, venue: str | None = None) -> dict[str, Precision]:
    """With how many decimals the exchange writes each symbol's (of one venue) numbers, as far as was seen."""
    found = await _read(connection, naming, PRECISIONS, venue)
    with reading(connection.path):
        return {symbol: Precision(*decimals) for symbol, decimals in found.items()}


async def pairs(connection: Connection, naming: Naming, venue: str | None = None) -> dict[str, Pair]:
    """What each symbol (of one venue) is, as far as a listing said it."""
    found = await _read(connection, naming, PAIRS, venue)
    with reading(connection.path):
        return {symbol: _pair(*said) for symbol, said in found.items()}


def _pair(base: str, quote: str, is_inverse: bool, *_: object) -> Pair:
    """What is said behind them is a newer klagg's."""
    return Pair(str(base), str(quote), is_inverse is True)


async def traded_by(connection: Connection, names: Mapping[int, str]) -> dict[str, int]:
    """When the oldest bar was over of each symbol of which no listing told when its trading began, as some periods tell."""
    periods = tuple(Period)
    found: dict[str, int] = {}
    rows = await connection.rows(_OLDEST)
    with reading(connection.path):
        for number, period, minute in rows:
            if minute is not None:
                end_ms = periods[period].end_ms(minute * MINUTE_MS)
                found[names[number]] = min(end_ms, found.get(names[number], end_ms))
    return found


async def watched(connection: Connection) -> frozenset[str] | None:
    """Labels of the venues that were watched last; None where no run has said it yet."""
    text = await connection.value("SELECT value FROM meta WHERE key = ?", (WATCHED,))
    with reading(connection.path):
        return None if text is None else frozenset(map(str, json.loads(text)))


async def put_facts(connection: Connection, naming: Naming, key: str, facts: Mapping[str, object]) -> None:
    """Keep facts of one kind (`PRECISIONS`, `ANCHORS` or `PAIRS`) by symbol, beside those of other symbols."""
    by_venue: dict[int, dict[str, object]] = {}
    for name, fact in facts.items():
        place = naming.place(name, connection.path)
        by_venue.setdefault(place.venue, {})[place.symbol] = fact
    await naming.add(connection, by_venue)
    for number, new in by_venue.items():
        known = await _facts_of(connection, key, number)
        text = json.dumps({**known, **new}, ensure_ascii=False)
        await connection.insert(_META, [(_key_of(key, number), text)])


async def _read(connection: Connection, naming: Naming, key: str, venue: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, mark in await marks_of(connection):
        if venue is not None and naming.label(number, mark) != venue:
            continue
        of_venue = await _facts_of(connection, key, number)
        found.update((naming.name(number, mark, symbol), fact) for symbol, fact in of_venue.items())
    return found


async def _facts_of(connection: Connection, key: str, venue: int) -> dict[str, Any]:
    text = await connection.value("SELECT value FROM meta WHERE key = ?", (_key_of(key, venue),))
    with reading(connection.path):
        return dict(json.loads(text or "{}"))


def _key_of(key: str, venue: int) -> str:
    return key if venue == 1 else f"{key}/{venue}"
