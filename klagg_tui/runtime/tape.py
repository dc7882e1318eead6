"""The tape: the last trades of the one symbol that somebody looks at. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import BadNumber

TAPE_LENGTH: Final = 200


class Tape:
    """Trades in order of their ids, each once."""

    def __init__(self) -> None:
        self.symbol: str | None = None
        """Whose trades it keeps, by its name in the run; None: nobody looks."""
        self.openings = 0
        """How often it was begun anew."""
        self.trades: deque[AggTrade] = deque(maxlen=TAPE_LENGTH)
        """The oldest first."""

    def follow(self, symbol: str | None) -> None:
        """Keep the trades of this symbol from now on."""
        if symbol != self.symbol:
            self.trades.clear()
            self.openings += 1
        self.symbol = symbol

    def record(self, trades: Iterable[TradeFields], own: str) -> None:
        """Take in what has just been traded of the symbol that the exchange calls `own`.

        While a connection is replaced by another both deliver: what is older than the newest is there already.
        """
        for trade in trades:
            if trade[0] == own and (not self.trades or trade[5] > self.trades[-1].aggregate_id):
                told = AggTrade(*trade)
                if _is_trade(told):
                    self.trades.append(told)

    def recall(self, trades: Iterable[AggTrade]) -> None:
        """Take in what was traded before, or meanwhile."""
        known = {trade.aggregate_id: trade for trade in (*filter(_is_trade, trades), *self.trades)}
        self.trades.clear()
        self.trades.extend(known[number] for number in sorted(known))


def _is_trade(trade: AggTrade) -> bool:
    """What the engine rejects is none."""
    try:
        price, quantity = trade.amounts()
    except BadNumber:
        return False
    return price > 0 and quantity > 0
