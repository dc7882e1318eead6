"""Rows of trade archives, read into trades, a block of lines at a time. A row that cannot be read costs that row."""

from __future__ import annotations

from collections.abc import Callable

from klagg_tui.engine.events import AggTrade
from klagg_tui.exchange.binance import archive
from klagg_tui.importing.amounts import without_bad_amounts
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally


class TradeReader:
    """Reads rows of one symbol."""

    def __init__(
        self,
        symbol: str,
        tally: Tally,
        decimals: int = archive.DECIMALS,
        fault_of: Callable[[str], str] = archive.fault_of_trade,
    ) -> None:
        """`decimals`: the most of a price; `fault_of`: what is wrong with a row that holds no trade."""
        self._symbol = symbol
        self._tally = tally
        self._decimals = decimals
        self._fault_of = fault_of

    def read(self, block: Block) -> list[AggTrade]:
        """The trades of some lines and the placeholders between them, in their order.

        The first line of a file may be its header. Placeholders are for the engine to pass over, by their ids.
        """
        trades, unread = archive.read_trades(self._symbol, block.lines)
        skipped = set(unread)
        places = [at for at in range(len(block.lines)) if at not in skipped] if skipped else range(len(block.lines))
        trades, bad = without_bad_amounts(trades, places, self._tally, self._decimals)
        self._tally.rows += len(block.lines)
        for at in sorted([*unread, *bad]):
            line = block.lines[at]
            if not line.strip() or (block.is_first(at) and archive.is_header(line)):
                self._tally.rows -= 1
            else:
                self._tally.reject(block.where(at), bad.get(at) or self._fault_of(line))
        self._widen(trades)
        return trades

    def _widen(self, trades: list[AggTrade]) -> None:
        """Look at both ends of each block: the exchange writes all rows of a file alike until a tick size changes."""
        for trade in (*trades[:2], *trades[-2:]):
            if not trade.is_placeholder:
                self._tally.widen(self._symbol, trade.price, trade.quantity)
