"""Quiet minutes where two spans met: nothing was traded there, so they are flat at the close before them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import Span, covers
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.merging import Junction
from klagg_tui.storage.queries import bars_in
from klagg_tui.storage.rows import JSON_ROWS, bars
from klagg_tui.storage.symbols import Symbols

_BEFORE: Final = f"""
SELECT {JSON_ROWS} FROM history AS h WHERE h.symbol = :symbol AND h.period = 0
AND h.minute = (SELECT max(minute) FROM history WHERE symbol = :symbol AND period = 0 AND minute < :minute)
"""
_NEXT: Final = """
SELECT (SELECT min(h.minute) FROM history AS h
    WHERE h.symbol = json_extract(j.value, '$[0]') AND h.period = 0 AND h.minute > json_extract(j.value, '$[1]'))
FROM json_each(?) AS j ORDER BY j.key
"""


async def quiet_bars(
    connection: Connection, symbols: Symbols, junctions: Sequence[Junction], spans: Mapping[str, Sequence[Span]]
) -> list[Bar]:
    """The flat bars that are missing between the spans that met, and up to the first bar behind."""
    if not junctions:
        return []
    made: list[Bar] = []
    for junction, next_ms in zip(junctions, await _next_bars(connection, symbols, junctions), strict=True):
        known = spans[junction.symbol]
        end_ms = min(max(junction.to_ms, next_ms) + MINUTE_MS, known[-1].to_ms)
        wanted = [at_ms for at_ms in range(junction.from_ms, end_ms, MINUTE_MS) if covers(known, at_ms)]
        if wanted:
            there = await _stored(connection, symbols, junction.symbol, wanted)
            made += _fill(junction.symbol, wanted, there)
    return made


async def _next_bars(connection: Connection, symbols: Symbols, junctions: Sequence[Junction]) -> list[int]:
    """When the first stored bar behind each junction's beginning opens, 0 where there is none."""
    wanted = [(symbols.ids[junction.symbol], junction.from_ms // MINUTE_MS) for junction in junctions]
    return [(minute or 0) * MINUTE_MS for (minute,) in await connection.rows(_NEXT, (json.dumps(wanted),))]


async def _stored(connection: Connection, symbols: Symbols, symbol: str, wanted: Sequence[int]) -> dict[int, Bar]:
    """The stored minutes among those wanted, and the one before them."""
    number = symbols.ids[symbol]
    stored = await bars_in(connection, symbols, Period.M1, [(number, wanted[0], wanted[-1] + MINUTE_MS)])
    if len(stored) < len(wanted):
        before = await connection.json_rows(_BEFORE, {"symbol": number, "minute": wanted[0] // MINUTE_MS})
        with reading(connection.path):
            stored = bars(before, symbols.names) + stored
    return {bar.open_ms: bar for bar in stored}


def _fill(symbol: str, wanted: Sequence[int], there: Mapping[int, Bar]) -> Iterator[Bar]:
    last = next(iter(there.values()), None)
    for at_ms in wanted:
        bar = there.get(at_ms)
        if bar is None and last is not None and last.open_ms < at_ms:
            bar = empty_bar(symbol, Period.M1, at_ms, last.close, State.CLOSED)
            yield bar
        last = bar or last
