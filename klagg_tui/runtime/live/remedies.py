"""What lets a symbol that waits for missing trades go on: a decision from what it waits for and what asking costs. Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from klagg_tui.engine.events import PendingGap
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.exchange.limits import RequestLimits

MOST_PAGES: Final = 3
"""Pages of missing trades up to which a gap is filled trade by trade."""
SHARE: Final = 1 / 3
"""Of the cost allowed a minute, for a page of trades of every symbol that waits: where it is more, bars cost less."""
SPARE_MINUTES: Final = 9
"""Of a page of bars, left free when silence is verified: the question is asked again after minutes at times."""


class Remedy(Enum):
    """What is to be done."""

    RELEASE = auto()
    """It has no trades yet, so there is nothing to join: let it go on."""
    SEED = auto()
    """Begin it on bars, at the first trade held back."""
    VERIFY = auto()
    """No trade came behind the gap: find out whether there were any."""
    FETCH_TRADES = auto()
    """Fetch the missing trades by their ids."""
    FETCH_BARS = auto()
    """Begin it again on bars: its trades cost more, or cannot be fetched any more."""


class Remedies:
    """The decision, for what one venue allows."""

    def __init__(self, limits: RequestLimits) -> None:
        self.page_trades = limits.trade_page.rows
        self.page_bars = limits.cheapest_bars
        self.most_trades = MOST_PAGES * limits.trade_page.rows
        self.most_symbols = round(SHARE * limits.cost_per_minute / limits.trade_page.cost)
        self._reach_ms = limits.trades_reach_ms

    def remedy(self, gap: PendingGap, waiting: int, now_ms: int) -> Remedy:
        """What to do about a gap while so many symbols wait."""
        if gap.next_id is None:
            return Remedy.SEED if gap.held else Remedy.RELEASE
        if not gap.held:
            return Remedy.VERIFY if self._is_verifiable(gap, now_ms) else Remedy.FETCH_BARS
        missing = gap.held[0].aggregate_id - gap.next_id
        is_recent = now_ms - gap.traded_ms < self._reach_ms
        by_trades = missing <= self.most_trades and is_recent and not self.is_crowded(waiting)
        return Remedy.FETCH_TRADES if by_trades else Remedy.FETCH_BARS

    def is_crowded(self, waiting: int) -> bool:
        """Whether so many symbols wait that their trades would cost more than waiting for their bars."""
        return waiting > self.most_symbols

    def _is_verifiable(self, gap: PendingGap, now_ms: int) -> bool:
        """Whether one cheap page of bars reaches back to the minute before the gap."""
        reach_ms = (self.page_bars - SPARE_MINUTES) * MINUTE_MS
        return gap.minute is not None and now_ms - gap.minute.open_ms <= reach_ms
