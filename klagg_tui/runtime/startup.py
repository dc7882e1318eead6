"""What is on the screen before the exchange has answered: the stored bars."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate
from klagg_tui.storage.store import Store

CLOSES: Final = 60
"""Closed bars of each symbol and period, for sparklines and changes."""


async def stored_bars(store: Store, periods: tuple[Period, ...]) -> FeedUpdate:
    """The newest stored bar of every symbol and period: enough for the first picture."""
    current = [bar for bar in await store.current() if bar.period in periods]
    symbols = tuple(dict.fromkeys(bar.symbol for bar in current))
    return FeedUpdate(Changes(current=tuple(current)), symbols_added=symbols)


async def stored_closes(store: Store, period: Period, symbols: Collection[str] | None = None) -> FeedUpdate:
    """The last closed bars of one period, for sparklines and changes, of some symbols or all.

    A period at a time keeps the first picture fast.
    """
    ended = await store.latest((period,), CLOSES, symbols)
    return FeedUpdate(Changes(ended=tuple(ended)), symbols_added=tuple(dict.fromkeys(bar.symbol for bar in ended)))
