"""What the tasks of the live market share."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR, Period
from klagg_tui.exchange.transport.clock import LITTLE_MS
from klagg_tui.exchange.venue import Clock, MarketData, Venue
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.storage.maintenance import kept_from
from klagg_tui.storage.store import Store

log = logging.getLogger(__name__)


def note_clock(clock: Clock, notices: dict[str, str]) -> None:
    """Say what was doubted of the exchange's time, until an answer comes that is not."""
    if not clock.trouble:
        notices.pop("clock", None)
    elif notices.get("clock") != clock.trouble:
        log.warning("%s", clock.trouble)
        notices["clock"] = clock.trouble


async def remove_future(host: EngineHost, store: Store, latest_ms: int) -> None:
    """Take back what an error of a clock left behind `latest_ms`: bars of a time that has not come."""
    if removed := await store.remove_future(latest_ms + LITTLE_MS):
        log.warning("%d bars lay in the future, or were over before their end: they are removed or doubted", removed)
        host.metrics.add(Metric.BARS_TAKEN_BACK, removed)


class Contract(NamedTuple):
    """What the listing says of a symbol."""

    listed_ms: int = 0
    """When trading began, 0 where unknown."""
    anchor: int = DEFAULT_THREE_DAY_ANCHOR


@dataclass(frozen=True)
class LiveContext:
    """Engine, database and exchange, for one run."""

    host: EngineHost
    store: Store
    venue: Venue
    market_data: MarketData
    contracts: dict[str, Contract] = field(default_factory=dict)
    left_ms: dict[str, int] = field(default_factory=dict)
    """Since when, by the exchange's clock, klagg knows of symbols that they are no longer traded, until they are *gone*."""

    @property
    def periods(self) -> tuple[Period, ...]:
        """1m and all that was asked for."""
        return self.host.engine.periods

    def contract(self, symbol: str) -> Contract:
        """What is known of a symbol."""
        return self.contracts.get(symbol, Contract())

    def now_ms(self) -> int:
        """The exchange's clock."""
        return self.host.now_ms()

    def kept_ms(self, symbol: str, period: Period, keep: Mapping[Period, int]) -> int:
        """Where the first bar opens that is not deleted again, where `keep` says for how many milliseconds bars are kept."""
        if period not in keep:
            return 0
        from_ms = kept_from(period, self.now_ms() - keep[period], self.periods)
        return period.end_ms(period.open_ms(from_ms - 1, self.contract(symbol).anchor))

    def settled_ms(self) -> int:
        """Bars that ended by then are final at the exchange."""
        return self.now_ms() - self.venue.settle_ms
