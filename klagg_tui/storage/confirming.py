"""The exchange's own bars: they take any other bar's place, and larger bars over them are made again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.merging import Added
from klagg_tui.storage.queries import Place, bars_at
from klagg_tui.storage.rows import HISTORY
from klagg_tui.storage.unconfirmed import Unconfirmed
from klagg_tui.storage.writer import Writer


async def add_confirmed(writer: Writer, bars: Iterable[Bar]) -> Added:
    """Store bars of any periods as the exchange's own, in one transaction."""
    by_period: dict[Period, dict[Place, Bar]] = {}
    for bar in bars:
        own = bar if bar.state is State.CONFIRMED else bar._replace(state=State.CONFIRMED)
        by_period.setdefault(bar.period, {})[bar.symbol, bar.open_ms] = own
    periods = sorted(by_period)
    async with writer.batch({symbol for places in by_period.values() for symbol, _ in places}):
        stored = [await bars_at(writer.connection, writer.symbols, period, by_period[period]) for period in periods]
        for period, before in zip(periods, stored, strict=True):
            await writer.insert(HISTORY, _fresh(by_period[period], before))
        for period, before in zip(periods, stored, strict=True):
            await _roll_up(writer, period, _fresh(by_period[period], before), before)
    counted = [_count(by_period[period], before) for period, before in zip(periods, stored, strict=True)]
    return Added(*map(sum, zip(Added(), *counted, strict=True)))


_DISCARD: Final = f"""
DELETE FROM history WHERE symbol = (SELECT id FROM symbols WHERE name = ?) AND period = ? AND minute BETWEEN ? AND ?
AND volume = 0 AND state < {State.CONFIRMED.value}
"""


async def discard_flat(writer: Writer, run: Unconfirmed) -> int:
    """Take back bars without trades that the exchange does not have: the clock made them behind a symbol's last minute."""
    place = run.symbol, run.period.ordinal, run.first_open_ms // MINUTE_MS, run.last_open_ms // MINUTE_MS
    async with writer.batch():
        await writer.connection.rows(_DISCARD, place)
        return int(await writer.connection.value("SELECT changes()"))


async def _roll_up(writer: Writer, period: Period, fresh: Sequence[Bar], before: Mapping[Place, Bar]) -> None:
    amended = [bar for bar in fresh if _was_confirmed(before.get((bar.symbol, bar.open_ms)))]
    await writer.roll_up(_places(fresh), of=period)
    await writer.roll_up(_places(amended), of=period, is_amended=True)


def _fresh(bars: Mapping[Place, Bar], before: Mapping[Place, Bar]) -> list[Bar]:
    return [bar for place, bar in bars.items() if before.get(place) != bar]


def _count(bars: Mapping[Place, Bar], before: Mapping[Place, Bar]) -> Added:
    others = [bar for place, bar in before.items() if not bar.same_values(bars[place])]
    completed = sum(bar.state is State.PARTIAL for bar in others)
    return Added(len(bars) - len(before), len(before) - len(others), len(others) - completed, completed)


def _places(bars: Sequence[Bar]) -> list[Place]:
    return [(bar.symbol, bar.open_ms) for bar in bars]


def _was_confirmed(stored: Bar | None) -> bool:
    return stored is not None and stored.state is State.CONFIRMED
