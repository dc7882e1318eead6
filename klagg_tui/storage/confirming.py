"""The exchange's own bars: they take any other bar's place, and larger bars over them are made again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.storage.lookup import Place, bars_at
from klagg_tui.storage.merging import Added
from klagg_tui.storage.statements import HISTORY
from klagg_tui.storage.writer import Writer


async def add_confirmed(writer: Writer, bars: Iterable[Bar]) -> Added:
    """Store bars of any periods as the exchange's own, in one transaction."""
    by_period: dict[Period, dict[Place, Bar]] = {}
    for bar in bars:
        own = bar if bar.state is State.CONFIRMED else bar._replace(state=State.CONFIRMED)
        by_period.setdefault(bar.period, {})[bar.symbol, bar.open_ms] = own
    total = Added()
    async with writer.batch({symbol for places in by_period.values() for symbol, _ in places}):
        for period in sorted(by_period):
            added = await _add(writer, period, by_period[period])
            total = Added(*(one + other for one, other in zip(total, added, strict=True)))
    return total


async def _add(writer: Writer, period: Period, bars: dict[Place, Bar]) -> Added:
    stored = await bars_at(writer.link, writer.symbols, period, bars)
    fresh = [bar for place, bar in bars.items() if stored.get(place) != bar]
    await writer.insert(HISTORY, fresh)
    amended = [bar for bar in fresh if _was_confirmed(stored.get((bar.symbol, bar.open_ms)))]
    await writer.roll_up(_places(fresh), of=period)
    await writer.roll_up(_places(amended), of=period, is_amended=True)
    equal = sum(bar.same_values(bars[place]) for place, bar in stored.items())
    return Added(len(bars) - len(stored), equal, len(stored) - equal)


def _places(bars: Sequence[Bar]) -> list[Place]:
    return [(bar.symbol, bar.open_ms) for bar in bars]


def _was_confirmed(stored: Bar | None) -> bool:
    return stored is not None and stored.state is State.CONFIRMED
