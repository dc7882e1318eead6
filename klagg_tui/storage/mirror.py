"""Bars of another database, written as they are there: no merging, no roll-up, nothing made again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage import metadata
from klagg_tui.storage.rows import HISTORY
from klagg_tui.storage.writer import Writer

_REMOVE: Final = """
DELETE FROM history WHERE symbol = ? AND period = ? AND minute >= ? AND minute < ? RETURNING symbol, period, minute
"""


class Mirrored(NamedTuple):
    """What was told of one series, to be done in this order."""

    symbol: str
    """As it is called here."""
    period: Period
    removed: tuple[tuple[int, int], ...] = ()
    """No bars open from one of these times to before the other."""
    bars: tuple[Bar, ...] = ()
    """In the place of whatever is here."""


async def mirror(writer: Writer, told: Sequence[Mirrored], key: str, value: str) -> None:
    """Write all of it in one transaction, and beside it a text: how far that is."""
    async with writer.batch({one.symbol for one in told}):
        for one in told:
            for first, until in one.removed:
                stretch = (-(-first // MINUTE_MS), -(-until // MINUTE_MS))
                place = (writer.symbols.ids[one.symbol], one.period.ordinal, *stretch)
                writer.note_rows(tuple(row) for row in await writer.connection.rows(_REMOVE, place))
            bars = [bar._replace(symbol=one.symbol) for bar in one.bars]
            await writer.insert(HISTORY, bars)
            writer.note(bar.key for bar in bars)
        await metadata.keep(writer, key, value)
