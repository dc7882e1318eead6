"""Bars of other databases, written as they are there: no roll-up, nothing made again.

Where several tell the same bar, each of them has a number, and the rule that is given says which bar stays. `copied_from` names those that
the first of them, number 0, did not tell.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage import metadata
from klagg_tui.storage.connection import Insert
from klagg_tui.storage.queries import bars_at
from klagg_tui.storage.rows import HISTORY
from klagg_tui.storage.writer import Writer

_REMOVE: Final = """
DELETE FROM history AS h WHERE symbol = ?1 AND period = ?2 AND minute >= ?3 AND minute < ?4 AND ?5 = coalesce(
    (SELECT c.recorder FROM copied_from AS c WHERE c.symbol = h.symbol AND c.period = h.period AND c.minute = h.minute), 0)
RETURNING symbol, period, minute
"""
_FORGET: Final = (
    "DELETE FROM copied_from WHERE symbol = ? AND period = ? AND minute >= ? AND minute < ? AND recorder = ?"
)
_TOLD_BY: Final = (
    "SELECT minute, recorder FROM copied_from WHERE symbol = ? AND period = ? AND minute >= ? AND minute < ?"
)
_IS_FIRSTS: Final = """
DELETE FROM copied_from WHERE symbol = ? AND period = ? AND minute IN (SELECT value FROM json_each(?))
"""
_IS_OF: Final = Insert("copied_from", "ON CONFLICT (symbol, period, minute) DO UPDATE SET recorder = excluded.recorder")


class Mirrored(NamedTuple):
    """What was told of one series, to be done in this order."""

    symbol: str
    """As it is called here."""
    period: Period
    removed: tuple[tuple[int, int], ...] = ()
    """No bars of the same recorder open from one of these times to before the other."""
    bars: tuple[Bar, ...] = ()
    recorder: int = 0
    """Number of the one who told it."""


class Rule(Protocol):
    """Which of two bars stays."""

    def __call__(self, new: Bar, stored: Bar, *, is_own: bool) -> bool:
        """Whether a bar takes the place of another one of its time, which the same recorder told or another."""
        ...


async def mirror(writer: Writer, told: Sequence[Mirrored], key: str, value: str, rule: Rule | None) -> None:
    """Write all of it in one transaction, and beside it a text: how far that is.

    `rule`: where there are several who tell; None: each bar takes the place of whatever is there.
    """
    async with writer.batch({one.symbol for one in told}):
        for one in told:
            for first, until in one.removed:
                place = (*_series(writer, one), -(-first // MINUTE_MS), -(-until // MINUTE_MS), one.recorder)
                writer.note_rows(tuple(row) for row in await writer.connection.rows(_REMOVE, place))
                await writer.connection.rows(_FORGET, place)
            bars = [bar._replace(symbol=one.symbol) for bar in one.bars]
            if rule is not None and bars:
                bars = await _surer(writer, one, bars, rule)
            await writer.insert(HISTORY, bars)
            writer.note(bar.key for bar in bars)
        await metadata.keep(writer, key, value)


async def _surer(writer: Writer, one: Mirrored, bars: Sequence[Bar], rule: Rule) -> list[Bar]:
    """Those that are to be written; they are noted as those of who told them."""
    series = _series(writer, one)
    there = await bars_at(writer.connection, writer.symbols, [bar.key for bar in bars])
    minutes = [bar.open_ms // MINUTE_MS for bar in bars]
    marked = await writer.connection.rows(_TOLD_BY, (*series, min(minutes), max(minutes) + 1))
    told_by: dict[int, int] = dict(marked)
    found = [
        bar
        for bar, minute in zip(bars, minutes, strict=True)
        if (stored := there.get(bar.key)) is None
        or (bar != stored and rule(bar, stored, is_own=told_by.get(minute, 0) == one.recorder))
    ]
    written = [bar.open_ms // MINUTE_MS for bar in found]
    if one.recorder:
        await writer.connection.insert(_IS_OF, [(*series, minute, one.recorder) for minute in written])
    else:
        await writer.connection.rows(_IS_FIRSTS, (*series, json.dumps(written)))
    return found


def _series(writer: Writer, one: Mirrored) -> tuple[int, int]:
    return writer.symbols.ids[one.symbol], one.period.ordinal
