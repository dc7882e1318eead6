"""Stored bars that were not compared with the exchange's own yet, and minutes that are missing between them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final, NamedTuple

from klagg_tui.engine.bar import BarKey, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.connection import Connection

# A minute without trades may be partial only because nothing has proved yet that it was quiet, and larger bars over it with it.
_UNCONFIRMED: Final = f"""
SELECT s.name, h.period, min(h.minute), max(h.minute),
    max(h.state = {State.PARTIAL.value} AND h.period = 0 AND h.volume <> 0)
FROM history AS h INDEXED BY unconfirmed JOIN symbols AS s ON s.id = h.symbol
WHERE h.state < {State.CONFIRMED.value}
AND (s.name, h.period, h.minute) NOT IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
    json_extract(value, '$[2]') FROM json_each(?))
GROUP BY h.symbol, h.period ORDER BY h.period, h.symbol
"""
_HOLES: Final = """
SELECT name, before + 1, minute - 1 FROM (
    SELECT s.name AS name, h.minute AS minute,
        lag(h.minute, 1, CASE WHEN s.first_open_ms >= :since * 60000 THEN s.first_open_ms / 60000 - 1 END)
            OVER (PARTITION BY h.symbol ORDER BY h.minute) AS before
    FROM symbols AS s CROSS JOIN history AS h ON h.symbol = s.id AND h.period = 0 AND h.minute >= :since)
WHERE minute > before + 1 ORDER BY name, minute
"""


class Unconfirmed(NamedTuple):
    """Bars of one symbol and period that are over and not compared with the exchange's; others may lie between them."""

    symbol: str
    period: Period
    first_open_ms: int
    last_open_ms: int
    has_partial: bool
    """Whether one of them is a minute known to lack trades. Larger bars follow their minutes, and those without trades may
    just have been quiet: to ask for each of them at once would be a request a minute for every thin symbol."""

    @property
    def key(self) -> BarKey:
        """The first of them."""
        return self.symbol, self.period, self.first_open_ms

    def overlaps(self, other: Unconfirmed) -> bool:
        """Whether both are of the same bars, at least in part."""
        return (
            self[:2] == other[:2]
            and self.first_open_ms <= other.last_open_ms
            and other.first_open_ms <= self.last_open_ms
        )


async def unconfirmed(connection: Connection, without: Collection[BarKey]) -> list[Unconfirmed]:
    """One entry a symbol and period, short periods first; all bars but `without`."""
    left_out = json.dumps([(symbol, period.ordinal, open_ms // MINUTE_MS) for symbol, period, open_ms in without])
    periods = tuple(Period)
    return [
        Unconfirmed(symbol, periods[period], first * MINUTE_MS, last * MINUTE_MS, bool(is_partial))
        for symbol, period, first, last, is_partial in await connection.rows(_UNCONFIRMED, (left_out,))
    ]


async def holes(connection: Connection, since_ms: int, without: Collection[BarKey]) -> list[Unconfirmed]:
    """1m bars missing between stored ones or behind the listing, one entry a hole; all holes but those that begin at `without`."""
    found = [
        Unconfirmed(symbol, Period.M1, first * MINUTE_MS, last * MINUTE_MS, has_partial=True)
        for symbol, first, last in await connection.rows(_HOLES, {"since": since_ms // MINUTE_MS})
    ]
    left_out = set(without)
    return [hole for hole in found if hole.key not in left_out]
