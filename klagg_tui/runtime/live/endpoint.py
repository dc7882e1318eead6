"""Where an exchange is, and what is wanted of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from klagg_tui.engine.period import Period
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.venue import Venue
from klagg_tui.feed import Mode


@dataclass(frozen=True)
class MarketEndpoint:
    """An exchange and what is wanted of it."""

    venue: Venue
    rest_url: str
    ws_url: str
    history: int
    """Bars of each symbol and period to have at the least."""
    symbols: SymbolFilter | None = None
    """Which ones to follow; None: every contract of the venue's usual kind."""
    keep: Mapping[Period, int] = field(default_factory=dict)
    """For how many milliseconds bars are kept, by period; older ones are not fetched."""
    proxy: str | None = None
    market: str = "simulated market"
    """For people."""
    mode: Mode = Mode.LIVE
    minutes: int = 0
    """Minutes of each symbol to have at the least, where that is more than `history`."""
    start_ms: int | None = None
    """What the clock says before the exchange answers; None: this machine's time."""

    @property
    def wanted(self) -> SymbolFilter:
        """Which symbols to follow."""
        return self.symbols or SymbolFilter(contract_types=self.venue.contract_types[:1])

    @property
    def is_real(self) -> bool:
        """Whether its time is the world's: an imitation begins at any time."""
        return self.venue.is_at(self.rest_url)

    def latest_ms(self, exchange_ms: int) -> int:
        """The time that has come for sure: where bars are to be removed, this machine's clock is a second witness."""
        return max(exchange_ms, int(time.time() * 1000)) if self.is_real else exchange_ms
