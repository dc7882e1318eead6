"""What is on the screen before the exchange has answered: the stored bars."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from functools import cache
from typing import Final

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import Period
from klagg_tui.exchange.registry import keys, venue
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.formatting import counted
from klagg_tui.names import parted
from klagg_tui.storage.reader import StoreReader
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Pair, Standing

log = logging.getLogger(__name__)

RECALLED_MS: Final = 24 * 3_600_000
"""So much of what was told of contracts is shown at the start, as far as sums and changes need it."""
CLOSES: Final = 60
"""Closed bars of each symbol and period, for sparklines and changes."""


async def note_watched(store: Store, venues: Collection[str]) -> None:
    """Keep which exchanges are watched, and say once which are not any more: what these lack is not fetched meanwhile."""
    before = await store.watched()
    if before == frozenset(venues):
        return
    counts = Counter(
        parted(known.symbol).venue or next(iter(store.venues), "")
        for known in await store.symbols()
        if known.standing is Standing.FOLLOWED
    )
    for label in sorted(counts.keys() - set(venues)):
        if before is None or label in before:
            log.warning(
                "%s is not watched any more: what is missing of its %s is fetched once it is watched again",
                _called(label) or label,
                counted(counts[label], "symbol"),
            )
    await store.note_watched(venues)


async def stored_instruments(store: Store) -> dict[str, InstrumentFacts]:
    """What is known of the stored symbols whose exchange is known, by symbol, as the last listing of each said it."""
    pairs, first = await store.pairs(), await store.traded_by()
    alone = "" if store.is_qualified else next(iter(store.venues), "")
    found: dict[str, InstrumentFacts] = {}
    for known in await store.symbols():
        label, own = parted(known.symbol)
        label = label or alone
        if label:
            pair = pairs.get(known.symbol, Pair("", ""))
            facts = InstrumentFacts(label, _called(label), own, *pair, tells_derivatives=_tells_derivatives(label))
            found[known.symbol] = facts._replace(listed_ms=known.first_open_ms, traded_by_ms=first.get(known.symbol, 0))
    return found


@cache
def _called(label: str) -> str:
    """An exchange for people; empty where klagg has none of that key any more."""
    return venue(label).name if label in keys() else ""


@cache
def _tells_derivatives(label: str) -> bool:
    """Whether an exchange tells open interest and funding, as far as klagg reads them."""
    return label in keys() and venue(label).derivatives is not None


async def stored_bars(
    store: Store, periods: tuple[Period, ...], instruments: Mapping[str, InstrumentFacts]
) -> FeedUpdate:
    """The newest stored bar of every symbol and period: enough for the first picture."""
    current = [bar for bar in await store.current() if bar.period in periods]
    return _shown(Changes(current=tuple(current)), instruments)


async def stored_closes(
    store: Store, period: Period, instruments: Mapping[str, InstrumentFacts], symbols: Collection[str] | None = None
) -> FeedUpdate:
    """The last closed bars of one period, for sparklines and changes, of some symbols or all.

    A period at a time keeps the first picture fast.
    """
    return _shown(Changes(ended=await store.latest((period,), CLOSES, symbols)), instruments)


async def told_lately(
    store: StoreReader, now_ms: int, venue: str | None = None
) -> AsyncIterator[list[DerivativeMinute]]:
    """What was told of contracts lately, of all or of one exchange's, as far as it cannot be had again: amounts and sums, not prices."""
    async for minutes in store.derivatives_since(now_ms - RECALLED_MS, venue=venue):
        yield [
            minute._replace(mark_price=None, index_price=None, funding_rate=None)
            for minute in minutes
            if minute.open_interest is not None or minute.long_count or minute.short_count
        ]


def _shown(changes: Changes, instruments: Mapping[str, InstrumentFacts]) -> FeedUpdate:
    """With their symbols, and what is known of these."""
    symbols = tuple(dict.fromkeys(bar.symbol for bar in (*changes.current, *changes.ended)))
    known = {symbol: instruments[symbol] for symbol in symbols if symbol in instruments}
    return FeedUpdate(changes, symbols_added=symbols, instruments=known)
