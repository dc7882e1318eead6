"""The symbols a database knows, with the small numbers that stand for them in its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

from klagg_tui.engine.bar import BarKey, State
from klagg_tui.engine.period import DAY_MS, DEFAULT_THREE_DAY_ANCHOR, MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.storage.connection import Connection, Insert
from klagg_tui.storage.disk_errors import reading


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


_PUT: Final = Insert(
    "symbols (name, first_open_ms, anchor, active, standing, ended_ms)",
    "ON CONFLICT (name, venue) DO UPDATE SET first_open_ms = excluded.first_open_ms, anchor = excluded.anchor, "
    "active = excluded.active, standing = excluded.standing, ended_ms = excluded.ended_ms",
)
_ADD: Final = Insert(
    "symbols (name, first_open_ms, anchor, active, standing, ended_ms)", "ON CONFLICT (name, venue) DO NOTHING"
)


_DAY: Final = DAY_MS // MINUTE_MS
_SYMBOLS: Final = "SELECT id, name, first_open_ms, anchor, active, standing, ended_ms FROM symbols"

PRECISIONS: Final = "decimals"
"""Key of `meta`: a JSON object from symbols to decimals of prices and of quantities."""
ANCHORS: Final = "anchors"
"""Key of `meta`: a JSON object from symbols to anchors, of those alone of which the exchange's own bars showed it."""

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

    @classmethod
    async def read(cls, connection: Connection) -> Symbols:
        """All that are stored."""
        symbols = cls()
        for number, *values in await connection.rows(_SYMBOLS):
            name, first_open_ms, anchor, active, standing, ended_ms = values
            symbols.ids[name] = number
            symbols.names[number] = name
            symbols.known[number] = StoredSymbol(
                name, first_open_ms, anchor, bool(active), Standing(standing), ended_ms
            )
        return symbols

    def row_keys(self, keys: Iterable[BarKey]) -> list[tuple[int, int, int]]:
        """The keys of the rows in which bars are stored: symbol, period and minute."""
        return [(self.ids[symbol], period.ordinal, open_ms // MINUTE_MS) for symbol, period, open_ms in keys]


async def add_symbols(connection: Connection, names: Iterable[str]) -> None:
    """Give numbers to symbols of which nothing else is known."""
    await connection.insert(_ADD, [StoredSymbol(name) for name in sorted(names)])


async def put_symbols(connection: Connection, symbols: Iterable[StoredSymbol]) -> None:
    """Store the exchange's facts of symbols, known or new."""
    await connection.insert(_PUT, list(symbols))


async def anchors(connection: Connection) -> dict[str, int]:
    """On which days the exchange's own three-day bars open, of symbols of which they were shown."""
    text = await connection.value("SELECT value FROM meta WHERE key = ?", (ANCHORS,))
    with reading(connection.path):
        return {symbol: int(anchor) for symbol, anchor in json.loads(text or "{}").items()}


async def anchor_of_stored(connection: Connection, number: int, known: StoredSymbol) -> int | None:
    """The anchor that confirmed three-day bars show, of a symbol of which none was shown yet; None where they show none.

    Those that klagg made itself open on the days that it supposed. So where others are there, and not fewer than half as many,
    these are the exchange's own.
    """
    if known.symbol in await anchors(connection):
        return None
    counts = {int(day): int(count) for day, count in await connection.rows(_DAYS_OF_OWN, (number,))}
    ours = counts.pop(known.anchor, 0)
    day = max(counts, key=counts.__getitem__, default=known.anchor)
    return day if counts and counts[day] * 2 > ours else None


async def precisions(connection: Connection) -> dict[str, Precision]:
    """With how many decimals the exchange writes each symbol's numbers, as far as was seen."""
    text = await connection.value("SELECT value FROM meta WHERE key = ?", (PRECISIONS,))
    with reading(connection.path):
        return {symbol: Precision(*decimals) for symbol, decimals in json.loads(text or "{}").items()}
