"""What is kept beside bars: facts about symbols, decimals of their numbers, single texts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period, child_of
from klagg_tui.engine.precision import Precision
from klagg_tui.storage import symbols as stored
from klagg_tui.storage.connection import Insert
from klagg_tui.storage.symbols import ANCHORS, PAIRS, PRECISIONS, WATCHED, Pair, StoredSymbol
from klagg_tui.storage.writer import Writer

_META: Final = Insert("meta", "ON CONFLICT (key) DO UPDATE SET value = excluded.value")


async def widen_precisions(writer: Writer, seen: Mapping[str, Precision]) -> None:
    """Keep decimals that were seen, beside what is known already."""
    async with writer.batch():
        known = await stored.precisions(writer.connection, writer.naming)
        wider = {symbol: precision.union(known.get(symbol, Precision())) for symbol, precision in seen.items()}
        if any(known.get(symbol) != precision for symbol, precision in wider.items()):
            await stored.put_facts(writer.connection, writer.naming, PRECISIONS, wider)


async def learn_pairs(writer: Writer, listed: Mapping[str, Pair]) -> None:
    """Keep what a listing says of symbols."""
    async with writer.batch():
        known = await stored.pairs(writer.connection, writer.naming)
        if any(known.get(symbol) != pair for symbol, pair in listed.items()):
            await stored.put_facts(writer.connection, writer.naming, PAIRS, listed)


async def put_symbols(writer: Writer, symbols: Sequence[StoredSymbol]) -> None:
    """Store the exchange's facts of symbols; three-day bars of ours follow a changed anchor, unless it was shown before."""
    async with writer.batch():
        shown = await stored.anchors(writer.connection, writer.naming)
        await _put_symbols(writer, [new._replace(anchor=shown.get(new.symbol, new.anchor)) for new in symbols])


async def learn_anchors(writer: Writer, found: Mapping[str, int], *, spares_own: bool = False) -> None:
    """Keep on which days the exchange's own three-day bars open; what was shown first of a symbol stays.

    Those of ours on other days go. `spares_own`: the exchange's own may be among them, so confirmed ones stay.
    """
    async with writer.batch(found):
        shown = await stored.anchors(writer.connection, writer.naming)
        new = {symbol: anchor for symbol, anchor in found.items() if symbol not in shown}
        if new:
            await stored.put_facts(writer.connection, writer.naming, ANCHORS, new)
            known = [one for one in writer.symbols.known.values() if one.symbol in new]
            await _put_symbols(writer, [one._replace(anchor=new[one.symbol]) for one in known], spares_own=spares_own)


async def learn_stored_anchors(writer: Writer, symbols: Iterable[str]) -> None:
    """The same by the confirmed three-day bars that are stored, all of which stay."""
    async with writer.batch():
        known = [(writer.symbols.ids[symbol], symbol) for symbol in symbols if symbol in writer.symbols.ids]
        read = [
            await stored.anchor_of_stored(writer.connection, writer.naming, one, writer.symbols.known[one])
            for one, _ in known
        ]
    found = {symbol: anchor for (_, symbol), anchor in zip(known, read, strict=True) if anchor is not None}
    await learn_anchors(writer, found, spares_own=True)


def shown_anchors(bars: Iterable[Bar]) -> dict[str, int]:
    """What the exchange's own bars show: the days of most three-day ones of each symbol."""
    days: dict[str, Counter[int]] = {}
    for bar in bars:
        if bar.period is Period.D3:
            days.setdefault(bar.symbol, Counter())[bar.open_ms // DAY_MS % 3] += 1
    return {symbol: counts.most_common(1)[0][0] for symbol, counts in days.items()}


async def note_watched(writer: Writer, venues: Collection[str]) -> None:
    """Keep which venues are watched from now on, by their labels."""
    async with writer.batch():
        if await stored.watched(writer.connection) != frozenset(venues):
            await writer.connection.insert(_META, [(WATCHED, json.dumps(sorted(venues)))])


async def put_meta(writer: Writer, key: str, value: str) -> None:
    """Keep a text."""
    async with writer.batch():
        await keep(writer, key, value)


async def keep(writer: Writer, key: str, value: str) -> None:
    """The same inside a batch."""
    await writer.connection.insert(_META, [(key, value)])


async def _put_symbols(writer: Writer, symbols: Sequence[StoredSymbol], *, spares_own: bool = False) -> None:
    before = {known.symbol: known.anchor for known in writer.symbols.known.values()}
    await stored.put_symbols(writer.connection, writer.naming, symbols)
    await writer.reload_symbols()
    moved = [new.symbol for new in symbols if before.get(new.symbol, new.anchor) != new.anchor]
    for symbol in moved:
        await _move_anchor(writer, symbol, State.CONFIRMED if spares_own else State.CONFIRMED + 1)


async def _move_anchor(writer: Writer, symbol: str, below: int) -> None:
    """Three-day bars on other days than the symbol's go, those of a state below that; those on its days are made."""
    number = writer.symbols.ids[symbol]
    days = writer.symbols.known[number].anchor
    for table in ("history", "forming"):
        sql = (
            f"DELETE FROM {table} WHERE symbol = ? AND period = ? AND (minute / ? - ?) % 3 <> 0 AND state < ? "
            "RETURNING symbol, period, minute"
        )
        gone = await writer.connection.rows(sql, (number, Period.D3.ordinal, DAY_MS // MINUTE_MS, days, int(below)))
        writer.note_rows(gone)
    await writer.connection.rows("DELETE FROM frontier WHERE symbol = ? AND period = ?", (number, Period.D3.ordinal))
    child = child_of(Period.D3, writer.periods)
    children = await writer.connection.rows(
        "SELECT minute FROM history WHERE symbol = ? AND period = ?", (number, child.ordinal)
    )
    await writer.roll_up((symbol, child, minute * MINUTE_MS) for (minute,) in children)
