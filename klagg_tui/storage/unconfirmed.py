"""Stored bars that were not compared with the exchange's own yet."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from klagg_tui.engine.bar import BarKey, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.symbols import Symbols
from klagg_tui.storage.venues import Naming

# A minute without trades may be partial only because nothing has proved yet that it was quiet, and larger bars over it with it.
_UNCONFIRMED: Final = f"""
SELECT h.symbol, h.period, min(h.minute), max(h.minute),
    max(h.state = {State.PARTIAL.value} AND h.period = 0 AND h.volume <> 0)
FROM history AS h INDEXED BY unconfirmed
WHERE h.state < {State.CONFIRMED.value}
AND (h.symbol, h.period, h.minute) NOT IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
    json_extract(value, '$[2]') FROM json_each(:without))
AND NOT EXISTS (SELECT 1 FROM json_each(:since) WHERE json_extract(value, '$[0]') = h.period
    AND json_extract(value, '$[1]') > h.minute)
GROUP BY h.symbol, h.period ORDER BY h.period, h.symbol
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


async def unconfirmed(
    connection: Connection, naming: Naming, without: Collection[BarKey], venue: str | None, since: Mapping[Period, int]
) -> list[Unconfirmed]:
    """One entry a symbol and period, short periods first; all bars but `without`. See `Reader.unconfirmed`."""
    symbols = await Symbols.read(connection, naming)
    left_out = json.dumps(symbols.row_keys(key for key in without if key[0] in symbols.ids))
    wanted, periods = symbols.of(venue), tuple(Period)
    first = json.dumps([(period.ordinal, from_ms // MINUTE_MS) for period, from_ms in since.items() if from_ms])
    found = await connection.rows(_UNCONFIRMED, {"without": left_out, "since": first})
    with reading(connection.path):
        return [
            Unconfirmed(wanted[number].symbol, periods[period], first * MINUTE_MS, last * MINUTE_MS, bool(is_partial))
            for number, period, first, last, is_partial in found
            if number in wanted
        ]
