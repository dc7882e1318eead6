"""The log of what is to be delivered to other machines: which stretches of history changed, in order, under rising numbers.

An entry is written in the transaction that changes the bars, and holds where they are, not what they are: whoever delivers it
reads them as they are by then. While nobody is to be told, nothing is written. Entries go when every sink has them; a sink that is
too far behind is dropped, so that the log has an end, and is given everything anew when it comes back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.connection import Connection, Insert, Row
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.notes import Kind, Noted
from klagg_tui.storage.stretches import joined, outside

MOST_BYTES: Final = 100_000_000
"""A sink that lacks more than so much of the log is dropped; 600 symbols write some 10 to 40 MB of it a day."""
_ENTRY_BYTES: Final = 24
"""What an entry takes beside its symbols."""
LIVE: Final = "live:"
"""Before the name of a sink that keeps no position: it is nobody's when the next klagg begins to write."""
_PRUNED_AT_ONCE: Final = 20_000
"""Entries deleted in one transaction, some milliseconds."""

_DELIVERED: Final = "SELECT min(delivered) FROM sinks WHERE NOT is_dropped"
_APPEND: Final = Insert("delivery_log", "")
_LAST: Final = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'delivery_log'), 0)"
_NEEDED: Final = "SELECT min(needed_from) FROM sinks WHERE NOT is_dropped"
_DROP: Final = "UPDATE sinks SET is_dropped = 1 WHERE NOT is_dropped AND delivered < ?"
_PRUNE: Final = f"""
DELETE FROM delivery_log WHERE number <= ?
AND number < (SELECT min(number) FROM delivery_log) + {_PRUNED_AT_ONCE}
"""
_WAITING: Final = """
SELECT s.value, min(first) FROM delivery_log CROSS JOIN json_each(symbols) AS s WHERE period = ?
AND number > coalesce((SELECT min(delivered) FROM sinks WHERE NOT is_dropped), 1 << 62) GROUP BY s.value
"""
_SIZE: Final = "SELECT size FROM delivery_log ORDER BY number DESC LIMIT 1"
_OLDEST_SIZE: Final = "SELECT size FROM delivery_log ORDER BY number LIMIT 1"
_LAST_BEFORE: Final = "SELECT max(number) FROM delivery_log WHERE size < ?"
_FORGET: Final = "DELETE FROM sinks WHERE name GLOB ? RETURNING 1"
_AFTER: Final = """
SELECT number, symbols, period, first, until, kind FROM delivery_log WHERE number > ? ORDER BY number LIMIT ?
"""


class Entry(NamedTuple):
    """Bars of a period that were changed together: those that open from one minute since the epoch to before another."""

    number: int
    symbols: tuple[int, ...]
    """Their numbers in the file."""
    period: int
    """Its ordinal."""
    first: int
    until: int
    kind: int


class Range(NamedTuple):
    """Bars of one series to be read."""

    symbol: int
    period: int
    first: int
    until: int
    is_swept: bool
    """Whether those that are not there any more are to go elsewhere too."""


async def delivered(connection: Connection) -> int | None:
    """The number up to which every sink has everything; None where nobody is to be told anything."""
    found = await connection.value(_DELIVERED)
    return None if found is None else int(found)


async def last_number(connection: Connection) -> int:
    """The highest number ever given; 0 where none was."""
    return int(await connection.value(_LAST))


async def forget(connection: Connection, names: str) -> bool:
    """Inside a transaction: log nothing for the sinks of such a name any more; returns whether there were any."""
    found = bool(await connection.rows(_FORGET, (names,)))
    if found and await delivered(connection) is None:
        await connection.rows("DELETE FROM delivery_log")
    return found


async def forget_listeners(connection: Connection) -> None:
    """Who only listened to the klagg before this one listens no more: nothing is logged for them."""
    if await connection.value("SELECT EXISTS (SELECT 1 FROM sinks WHERE name GLOB ?)", (f"{LIVE}*",)):
        async with connection.transaction():
            await forget(connection, f"{LIVE}*")


async def append(
    connection: Connection, noted: Sequence[Noted], delivered_to: int, most_bytes: int = MOST_BYTES
) -> None:
    """Inside a transaction that changed these bars: log them, and let go of what nobody needs."""
    if not noted:
        return
    size = await connection.value(_SIZE) or 0
    rows: list[Row] = []
    for symbols, period, first, until, kind in noted:
        text = json.dumps(symbols, separators=(",", ":"))
        size += len(text) + _ENTRY_BYTES
        rows.append((None, text, period, first, until, kind.value, size))
    await connection.insert(_APPEND, rows)
    if size - await connection.value(_OLDEST_SIZE) > most_bytes:
        await connection.rows(_DROP, (await connection.value(_LAST_BEFORE, (size - most_bytes,)),))
        left = await delivered(connection)
        delivered_to = await last_number(connection) if left is None else left
    await connection.rows(_PRUNE, (delivered_to,))


async def waiting_from(connection: Connection, period: Period) -> dict[int, int]:
    """The first minute of each symbol's bars of a period of which some sink was not told the newest, by number."""
    return dict(await connection.rows(_WAITING, (period.ordinal,)))


async def needed_from(connection: Connection) -> int | None:
    """From which minute on some sink reads bars once more, whether it was told them or not; None: none does."""
    found = await connection.value(_NEEDED)
    return None if found is None else int(found)


async def entries_after(connection: Connection, number: int, at_most: int) -> list[Entry]:
    """The next ones, in order."""
    rows = await connection.rows(_AFTER, (number, at_most))
    with reading(connection.path):
        return [Entry(found, tuple(json.loads(symbols)), *rest) for found, symbols, *rest in rows]


def ranges_of(entries: Iterable[Entry]) -> list[Range]:
    """What several entries together tell to read: each minute of a series once, by series and time."""
    parts: dict[tuple[int, int, bool], list[tuple[int, int]]] = {}
    for entry in entries:
        is_swept = entry.kind == Kind.TAKEN_BACK
        for symbol in entry.symbols:
            parts.setdefault((symbol, entry.period, is_swept), []).append((entry.first, entry.until))
    found: list[Range] = []
    for symbol, period, is_swept in parts:
        swept = joined(parts.get((symbol, period, True), ()))
        mine = swept if is_swept else outside(joined(parts[symbol, period, False]), swept)
        found += (Range(symbol, period, *part, is_swept) for part in mine)
    return sorted(found)


def fitting(entries: Sequence[Entry], at_most: int) -> Sequence[Entry]:
    """As many of the first entries as hold no more bars than that between them; one at least."""
    periods, bars = tuple(Period), 0
    for place, entry in enumerate(entries):
        length = (entry.until - entry.first) * MINUTE_MS // periods[entry.period].nominal_ms
        bars += len(entry.symbols) * max(1, length)
        if bars > at_most and place:
            return entries[:place]
    return entries
