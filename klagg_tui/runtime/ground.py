"""What the loops of the live market stand on together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR, Period
from klagg_tui.exchange.rest import RestClient
from klagg_tui.runtime.core import Core
from klagg_tui.storage.store import Store

OVER: Final = frozenset(State) - {State.FORMING}
SETTLE_MS: Final = 10_000
"""How long after its end the exchange's bar may still change, and our picture of its clock be wrong: fetched earlier it is
not taken for final."""


class Contract(NamedTuple):
    """What the listing says of a symbol."""

    listed_ms: int = 0
    """When trading began, 0 where unknown."""
    anchor: int = DEFAULT_THREE_DAY_ANCHOR


@dataclass
class Ground:
    """Engine, disk and exchange, for one run."""

    core: Core
    store: Store
    rest: RestClient
    contracts: dict[str, Contract] = field(default_factory=dict)

    @property
    def periods(self) -> tuple[Period, ...]:
        """1m and all that was asked for."""
        return self.core.engine.periods

    async def stored_until(self, symbol: str, period: Period, before_ms: int) -> int | None:
        """End of the newest stored bar that is over and opened before a time, None where there is none.

        What was forming when it was written last does not count: its end may never have been heard.
        """
        newest = self.store.bars(symbol, period, None, before_ms, newest_first=True, limit=1, states=OVER)
        async for bar in newest:
            return bar.end_ms
        return None

    def contract(self, symbol: str) -> Contract:
        """What is known of a symbol."""
        return self.contracts.get(symbol, Contract())
