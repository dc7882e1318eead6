"""What the loops of the live market stand on together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR, Period
from klagg_tui.exchange.venue import MarketData
from klagg_tui.runtime.host import EngineHost
from klagg_tui.storage.store import Store

SETTLE_MS: Final = 10_000
"""How long after its end the exchange's bar may still change, and our picture of its clock be wrong: fetched earlier it is
not taken for final."""


class Contract(NamedTuple):
    """What the listing says of a symbol."""

    listed_ms: int = 0
    """When trading began, 0 where unknown."""
    anchor: int = DEFAULT_THREE_DAY_ANCHOR


@dataclass
class LiveContext:
    """Engine, disk and exchange, for one run."""

    core: EngineHost
    store: Store
    rest: MarketData
    contracts: dict[str, Contract] = field(default_factory=dict)

    @property
    def periods(self) -> tuple[Period, ...]:
        """1m and all that was asked for."""
        return self.core.engine.periods

    def contract(self, symbol: str) -> Contract:
        """What is known of a symbol."""
        return self.contracts.get(symbol, Contract())
