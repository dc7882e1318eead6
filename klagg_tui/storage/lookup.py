"""Stored bars of many symbols and times in one statement: the places wanted go in as one JSON parameter."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import Span
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.rows import GATHERED, bars
from klagg_tui.storage.symbols import Symbols

Place = tuple[str, int]
"""Symbol and open time."""

_AT: Final = f"""
SELECT {GATHERED} FROM json_each(?) AS j CROSS JOIN history AS h
ON h.symbol = json_extract(j.value, '$[0]') AND h.period = ? AND h.minute = json_extract(j.value, '$[1]')
"""
_IN: Final = f"""
SELECT {GATHERED} FROM json_each(?) AS j CROSS JOIN history AS h
ON h.symbol = json_extract(j.value, '$[0]') AND h.period = ?
AND h.minute >= json_extract(j.value, '$[1]') AND h.minute < json_extract(j.value, '$[2]')
"""
_NEXT: Final = """
SELECT (SELECT min(h.minute) FROM history AS h
    WHERE h.symbol = json_extract(j.value, '$[0]') AND h.period = ? AND h.minute > json_extract(j.value, '$[1]'))
FROM json_each(?) AS j ORDER BY j.key
"""


async def bars_at(link: Connection, symbols: Symbols, period: Period, places: Iterable[Place]) -> dict[Place, Bar]:
    """Those of the places where a bar is stored."""
    wanted = json.dumps([(symbols.ids[symbol], open_ms // MINUTE_MS) for symbol, open_ms in places])
    rows = await link.gathered(_AT, (wanted, period.ordinal))
    return {(bar.symbol, bar.open_ms): bar for bar in bars(rows, symbols.names)}


async def bars_in(
    link: Connection, symbols: Symbols, period: Period, ranges: Iterable[tuple[int, int, int]]
) -> list[Bar]:
    """All bars in ranges of (symbol number, from, to before), range by range in order of time."""
    wanted = json.dumps(
        [(number, -(-from_ms // MINUTE_MS), -(-to_ms // MINUTE_MS)) for number, from_ms, to_ms in ranges]
    )
    return bars(await link.gathered(_IN, (wanted, period.ordinal)), symbols.names)


async def next_opens(link: Connection, symbols: Symbols, period: Period, places: Iterable[Place]) -> list[int | None]:
    """The open time of the first stored bar after each of the places."""
    wanted = json.dumps([(symbols.ids[symbol], open_ms // MINUTE_MS) for symbol, open_ms in places])
    return [
        None if minute is None else minute * MINUTE_MS for (minute,) in await link.rows(_NEXT, (period.ordinal, wanted))
    ]


async def stored_spans(link: Connection, symbols: Symbols) -> dict[str, tuple[Span, ...]]:
    """All spans by symbol, in order of id."""
    by_symbol: dict[str, list[Span]] = {}
    for number, *values in await link.rows("SELECT * FROM spans ORDER BY symbol, first_id"):
        name = symbols.names[number]
        by_symbol.setdefault(name, []).append(Span(name, *values))
    return {name: tuple(spans) for name, spans in by_symbol.items()}
