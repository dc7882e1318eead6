"""Recorded events, a JSON text a line, read into trades. Other events are counted and passed over."""

from __future__ import annotations

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance import archive
from klagg_tui.exchange.binance.archive import UM, Market
from klagg_tui.importing.amounts import without_bad_amounts
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally


class EventReader:
    """Reads lines of events of any symbols of one market."""

    def __init__(self, tally: Tally, market: Market = UM) -> None:
        self._tally = tally
        self._market = market

    def read(self, block: Block) -> list[AggTrade]:
        """The trades of some lines, and the placeholders between them (see `TradeReader`), in their order."""
        trades: list[AggTrade] = []
        places: list[int] = []
        bad: dict[int, str] = {}
        for at, line in enumerate(block.lines):
            if not line.strip():
                continue
            try:
                if trade := self._trade_in(line):
                    trades.append(trade)
                    places.append(at)
            except BadRow as error:
                bad[at] = str(error)
        trades, without = without_bad_amounts(trades, places, self._tally)
        bad |= without
        for at in sorted(bad):
            self._tally.reject(block.where(at), bad[at])
        for trade in trades:
            if trade.price.strip("0."):
                self._tally.widen(trade.symbol, trade.price, trade.quantity)
        return trades

    def _trade_in(self, line: str) -> AggTrade | None:
        """The trade of a line; None where it holds something else, which is counted."""
        tally = self._tally
        tally.rows += 1
        event = archive.read_event(line)
        if event is None:
            tally.rows -= 1
            return None
        if not archive.is_trade(event):
            tally.other_events += 1
            return None
        trade = archive.read_recorded_trade(event, self._market.mark)
        if isinstance(trade, AggTrade) and archive.can_be_of(event, self._market):
            return trade
        tally.other_market += 1
        return None
