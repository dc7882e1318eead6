"""The exchange's own bars: they replace all others that differ, and larger bars over them are made again.

A bar of ours that agrees in all that the exchange's has keeps the fields that this one lacks (see `engine.confirming`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.confirming import confirmed_by, is_whole
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.storage.merging import Added
from klagg_tui.storage.queries import bars_at
from klagg_tui.storage.rows import HISTORY
from klagg_tui.storage.symbols import NO_SYMBOL
from klagg_tui.storage.unconfirmed import Unconfirmed
from klagg_tui.storage.writer import Writer


async def add_confirmed(writer: Writer, bars: Iterable[Bar]) -> Added:
    """Store bars of any periods as the exchange's own, in one transaction; those that it has not shown to be over are left out."""
    bars = tuple(bars)
    async with writer.batch({bar.symbol for bar in bars}):
        return await put_confirmed(writer, bars)


async def put_confirmed(writer: Writer, bars: Iterable[Bar]) -> Added:
    """The same inside a batch that knows their symbols."""
    over = (bar for bar in bars if bar.state is not State.FORMING)
    theirs = {bar.key: bar for bar in sorted(over, key=attrgetter("period", "open_ms"))}
    stored = await bars_at(writer.connection, writer.symbols, theirs)
    own: dict[BarKey, Bar] = {}
    equal: set[BarKey] = set()
    for key, bar in theirs.items():
        ours = stored.get(key)
        own[key], is_equal = confirmed_by(
            ours, bar, is_whole=ours is not None and is_whole(ours), opens_at=writer.opens_at(bar)
        )
        if is_equal:
            equal.add(key)
    fresh = [bar for key, bar in own.items() if stored.get(key) != bar]
    await writer.insert(HISTORY, fresh)
    for period in sorted({bar.period for bar in fresh}):
        await _roll_up(writer, [bar for bar in fresh if bar.period is period], stored)
    completed = sum(bar.state is State.PARTIAL for key, bar in stored.items() if key not in equal)
    return Added(len(own) - len(stored), len(equal), len(stored) - len(equal) - completed, completed)


_DISCARD: Final = f"""
DELETE FROM history WHERE symbol = :symbol AND period = :period
AND minute BETWEEN :first AND :last AND volume = 0 AND state < {State.CONFIRMED.value}
AND minute > coalesce((SELECT h.minute FROM history AS h
    WHERE h.symbol = :symbol AND h.period = :period AND h.volume <> 0
    ORDER BY h.minute DESC LIMIT 1), -1)
RETURNING symbol, period, minute
"""

_LOWER_FRONTIER: Final = """
UPDATE frontier SET until = min(until, :first)
WHERE symbol = :symbol AND period = :period AND :first <= :last
"""


async def discard_flat(writer: Writer, stretch: Unconfirmed) -> int:
    """Delete bars without trades that the exchange does not have: the clock made them behind a symbol's last minute.

    Those with a traded bar behind them stay: the symbol was still alive, only nobody traded.
    """
    symbol, period, first_open_ms, last_open_ms, _ = stretch
    places = {"period": period.ordinal, "first": first_open_ms // MINUTE_MS, "last": last_open_ms // MINUTE_MS}
    async with writer.batch():
        places["symbol"] = writer.symbols.ids.get(symbol, NO_SYMBOL)
        removed = await writer.connection.rows(_DISCARD, places)
        writer.note_rows(removed)
        await writer.connection.rows(_LOWER_FRONTIER, places)
    return len(removed)


_DISCARD_UNSHOWN: Final = """
DELETE FROM history WHERE symbol = :symbol AND period = :period
AND minute BETWEEN :first AND :last AND volume = 0 AND state <= :most
RETURNING symbol, period, minute
"""


async def discard_unshown(writer: Writer, stretch: Unconfirmed, *, is_passed_over: bool = False) -> int:
    """Delete bars without trades that the exchange does not have, whatever was traded behind them.

    While a symbol is not traded the clock makes some, and where the ids of its trades go on afterwards, these prove that there were none.
    Such bars go only where the exchange shows later ones in the same answer (`is_passed_over`): one without any may be no answer.
    Where the exchange does have them after all, they are owed now.
    """
    symbol, period, first_open_ms, last_open_ms, _ = stretch
    places = {"period": period.ordinal, "first": first_open_ms // MINUTE_MS, "last": last_open_ms // MINUTE_MS}
    places["most"] = (State.CLOSED if is_passed_over else State.PARTIAL).value
    async with writer.batch():
        places["symbol"] = writer.symbols.ids.get(symbol, NO_SYMBOL)
        removed = await writer.connection.rows(_DISCARD_UNSHOWN, places)
        writer.note_rows(removed)
        await writer.connection.rows(_LOWER_FRONTIER, places)
    return len(removed)


_DISCARD_BETWEEN: Final = f"""
DELETE FROM history WHERE symbol = :symbol
AND minute >= :first AND minute < :before AND volume = 0 AND state < {State.CONFIRMED.value}
RETURNING symbol, period, minute
"""
_LOWER_FRONTIERS: Final = """
UPDATE frontier SET until = min(until, :first) WHERE symbol = :symbol
"""


async def discard_between(writer: Writer, symbol: str, from_ms: int, to_ms: int) -> int:
    """Delete bars of all periods without trades in a stretch of which the exchange has none but those confirmed already."""
    places = {"first": -(-from_ms // MINUTE_MS), "before": -(-to_ms // MINUTE_MS)}
    async with writer.batch():
        places["symbol"] = writer.symbols.ids.get(symbol, NO_SYMBOL)
        removed = await writer.connection.rows(_DISCARD_BETWEEN, places)
        writer.note_rows(removed)
        if removed:
            await writer.connection.rows(_LOWER_FRONTIERS, places)
    return len(removed)


async def _roll_up(writer: Writer, fresh: Sequence[Bar], stored: Mapping[BarKey, Bar]) -> None:
    await writer.roll_up(bar.key for bar in fresh)
    amended = (key for bar in fresh if (key := bar.key) in stored and stored[key].state is State.CONFIRMED)
    await writer.roll_up(amended, is_amended=True)
