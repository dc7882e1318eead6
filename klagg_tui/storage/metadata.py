"""What is kept beside bars: facts about symbols, decimals of their numbers, single texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period, child_of
from klagg_tui.engine.precision import Precision
from klagg_tui.storage import symbols as stored
from klagg_tui.storage.connection import Insert
from klagg_tui.storage.symbols import PRECISIONS, StoredSymbol
from klagg_tui.storage.writer import Writer

_META: Final = Insert("meta", "ON CONFLICT (key) DO UPDATE SET value = excluded.value")


async def widen_precisions(writer: Writer, seen: Mapping[str, Precision]) -> None:
    """Keep decimals that were seen, beside what is known already."""
    async with writer.batch():
        known = await stored.precisions(writer.connection)
        wider = {symbol: precision.union(known.get(symbol, Precision())) for symbol, precision in seen.items()}
        if any(known.get(symbol) != precision for symbol, precision in wider.items()):
            text = json.dumps({**known, **wider}, ensure_ascii=False)
            await writer.connection.insert(_META, [(PRECISIONS, text)])


async def put_symbols(writer: Writer, symbols: Sequence[StoredSymbol]) -> None:
    """Store the exchange's facts of symbols; three-day bars of ours follow a changed anchor."""
    async with writer.batch():
        before = {known.symbol: known.anchor for known in writer.symbols.known.values()}
        await stored.put_symbols(writer.connection, symbols)
        await writer.reload_symbols()
        moved = [new.symbol for new in symbols if before.get(new.symbol, new.anchor) != new.anchor]
        for symbol in moved:
            await _move_anchor(writer, symbol)


async def put_meta(writer: Writer, key: str, value: str) -> None:
    """Keep a text."""
    async with writer.batch():
        await writer.connection.insert(_META, [(key, value)])


async def _move_anchor(writer: Writer, symbol: str) -> None:
    """Three-day bars on other days than the symbol's go, and those on its days are made."""
    number = writer.symbols.ids[symbol]
    days = writer.symbols.known[number].anchor
    for table in ("history", "forming"):
        sql = f"DELETE FROM {table} WHERE symbol = ? AND period = ? AND (minute / ? - ?) % 3 <> 0"
        await writer.connection.rows(sql, (number, Period.D3.ordinal, DAY_MS // MINUTE_MS, days))
    await writer.connection.rows("DELETE FROM frontier WHERE symbol = ? AND period = ?", (number, Period.D3.ordinal))
    child = child_of(Period.D3, writer.periods)
    children = await writer.connection.rows(
        "SELECT minute FROM history WHERE symbol = ? AND period = ?", (number, child.ordinal)
    )
    await writer.roll_up((symbol, child, minute * MINUTE_MS) for (minute,) in children)
