"""What is kept beside bars: facts about symbols, how far a backfill came, single texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period, child_of
from klagg_tui.engine.precision import Precision
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.statements import Insert
from klagg_tui.storage.symbols import StoredSymbol
from klagg_tui.storage.symbols import put_symbols as put
from klagg_tui.storage.writer import Writer

_META: Final = Insert("meta", "ON CONFLICT (key) DO UPDATE SET value = excluded.value")
_PROGRESS: Final = Insert("progress", "ON CONFLICT (symbol, period) DO UPDATE SET oldest_ms = excluded.oldest_ms")

_PRECISIONS: Final = "decimals"
"""Of `meta`: a JSON object from symbols to decimals of prices and of quantities."""


async def meta(link: Connection, key: str) -> str | None:
    """A text kept with `put_meta`."""
    value = await link.value("SELECT value FROM meta WHERE key = ?", (key,))
    return None if value is None else str(value)


async def precisions(link: Connection) -> dict[str, Precision]:
    """With how many decimals the exchange writes each symbol's numbers, as far as was seen."""
    text = await meta(link, _PRECISIONS)
    return {symbol: Precision(*decimals) for symbol, decimals in json.loads(text or "{}").items()}


async def widen_precisions(writer: Writer, seen: Mapping[str, Precision]) -> None:
    """Keep decimals that were seen, beside what is known already."""
    async with writer.batch():
        known = await precisions(writer.link)
        wider = {symbol: precision.union(known.get(symbol, Precision())) for symbol, precision in seen.items()}
        if any(known.get(symbol) != precision for symbol, precision in wider.items()):
            text = json.dumps({**known, **wider}, ensure_ascii=False)
            await writer.link.insert(_META, [(_PRECISIONS, text)])


async def put_symbols(writer: Writer, symbols: Sequence[StoredSymbol]) -> None:
    """Keep what the exchange says of symbols; three-day bars of ours follow a changed anchor."""
    async with writer.batch():
        before = {known.symbol: known.anchor for known in writer.symbols.known.values()}
        await put(writer.link, symbols)
        await writer.reread_symbols()
        turned = [new.symbol for new in symbols if before.get(new.symbol, new.anchor) != new.anchor]
        for symbol in turned:
            await _turn(writer, symbol)


async def put_meta(writer: Writer, key: str, value: str) -> None:
    """Keep a text."""
    async with writer.batch():
        await writer.link.insert(_META, [(key, value)])


async def put_progress(writer: Writer, symbol: str, period: Period, oldest_ms: int) -> None:
    """Note how far back a backfill has come."""
    async with writer.batch({symbol}):
        await writer.link.insert(_PROGRESS, [(writer.symbols.ids[symbol], period.ordinal, oldest_ms)])


async def _turn(writer: Writer, symbol: str) -> None:
    """Three-day bars on other days than the symbol's go, and those on its days are made."""
    number = writer.symbols.ids[symbol]
    days = writer.symbols.known[number].anchor
    for table in ("history", "forming"):
        sql = f"DELETE FROM {table} WHERE symbol = ? AND period = ? AND (minute / ? - ?) % 3 <> 0"
        await writer.link.rows(sql, (number, Period.D3.ordinal, DAY_MS // MINUTE_MS, days))
    child = child_of(Period.D3, writer.periods)
    children = await writer.link.rows(
        "SELECT minute FROM history WHERE symbol = ? AND period = ?", (number, child.ordinal)
    )
    await writer.roll_up([(symbol, minute * MINUTE_MS) for (minute,) in children], of=child)
