"""Recorded events, a JSON text a line, read into trades. Other events are counted and passed over."""

from __future__ import annotations

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadNumber, BadRow
from klagg_tui.exchange.binance import archive
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally


class EventReader:
    """Reads lines of events of any symbols."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def read(self, block: Block) -> list[AggTrade]:
        """The trades of some lines, and the placeholders between them (see `TradeReader`), in their order."""
        trades: list[AggTrade] = []
        for at, line in enumerate(block.lines):
            if not line.strip():
                continue
            try:
                self._read(line, trades)
            except (BadRow, BadNumber) as error:
                self._tally.reject(block.where(at), str(error))
        return trades

    def _read(self, line: str, trades: list[AggTrade]) -> None:
        tally = self._tally
        tally.rows += 1
        event = archive.read_event(line)
        if event is None:
            tally.rows -= 1
        elif not archive.is_trade(event):
            tally.other_events += 1
        elif not isinstance(trade := archive.read_recorded_trade(event), AggTrade):
            tally.other_market += 1
        else:
            trades.append(trade)
            if trade.is_placeholder:
                tally.placeholders += 1
            else:
                tally.widen(trade.symbol, trade.price, trade.quantity)
