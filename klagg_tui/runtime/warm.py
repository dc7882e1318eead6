"""What is on the screen before anything was heard from the exchange: the stored bars."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.market.face import Changes
from klagg_tui.storage.store import Store

CLOSES: Final = 60
"""Closed bars of each symbol and period, for sparklines and changes."""


async def stored_changes(store: Store, periods: tuple[Period, ...]) -> Changes:
    """The stored bars as one change."""
    forming = [bar for bar in await store.current() if bar.period in periods]
    closed = await store.latest(periods, CLOSES)
    symbols = tuple(dict.fromkeys(bar.symbol for bar in (*forming, *closed)))
    return Changes(tuple(forming), tuple(closed), symbols)
