"""Rows of trade archives, read into trades, a block of lines at a time. A row that cannot be read costs that row."""

from __future__ import annotations

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import are_amounts, numbers
from klagg_tui.exchange.binance import archive
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally


class TradeReader:
    """Reads rows of one symbol."""

    def __init__(self, symbol: str, tally: Tally) -> None:
        self._symbol = symbol
        self._tally = tally

    def read(self, block: Block) -> list[AggTrade]:
        """The trades of some lines and the placeholders between them, in their order.

        The first line of a file may be its header. Placeholders are for the engine to pass over, by their ids.
        """
        trades, bad = archive.read_trades(self._symbol, block.lines)
        if not are_amounts([trade[1] for trade in trades] + [trade[2] for trade in trades]):
            trades = self._sifted(trades, bad, len(block.lines))
        for at in sorted(bad):
            self._reject(block, at)
        self._tally.rows += len(block.lines)
        self._widen(block)
        return trades

    def _sifted(self, trades: list[AggTrade], bad: list[int], lines: int) -> list[AggTrade]:
        """Count placeholders, and take out what has no price or quantity otherwise; its line is `bad` too."""
        good = []
        unread = set(bad)
        for at, trade in zip((at for at in range(lines) if at not in unread), trades, strict=True):
            if trade.is_placeholder:
                self._tally.placeholders += 1
            elif not all(numbers(trade[1:3])):
                bad.append(at)
                continue
            good.append(trade)
        return good

    def _reject(self, block: Block, at: int) -> None:
        line = block.lines[at]
        if not line.strip() or (block.is_first(at) and archive.is_header(line)):
            self._tally.rows -= 1
        else:
            self._tally.reject(block.where(at), archive.fault_of_trade(line))

    def _widen(self, block: Block) -> None:
        """Look at both ends of each block: the exchange writes all rows of a file alike until a tick size changes."""
        for line in (*block.lines[1:3], *block.lines[-2:]):
            fields = line.split(",", 3)
            if len(fields) == 4 and fields[0].isdecimal():
                self._tally.widen(self._symbol, fields[1], fields[2])
