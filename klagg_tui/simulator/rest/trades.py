"""Trades over REST: `aggTrades` from an id, of a time, or the newest, and `trades`, the newest fill by fill."""

from __future__ import annotations

from typing import Final

from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.past_trades import PastTrades
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.rest.query import Query, Refusal, known_symbol

HOUR_MS: Final = 3_600_000
"""Longest span between startTime and endTime."""
DEPTH_MS: Final = DAY * MINUTE_MS
"""How far back aggregate trades can be had."""


class Trades:
    """Answers requests for trades."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._past = PastTrades(market, DEPTH_MS)

    def aggregate(self, query: Query, now_ms: int) -> object:
        """`aggTrades`."""
        symbol = known_symbol(self._market, query, now_ms)
        limit = query.limit(500, 1000)
        from_id, start_ms, end_ms = query.number("fromId"), query.number("startTime"), query.number("endTime")
        if from_id is not None and (start_ms is not None or end_ms is not None):
            raise Refusal(-1128, "Combination of optional parameters invalid.")
        if start_ms is not None and end_ms is not None and end_ms - start_ms > HOUR_MS:
            raise Refusal(-1127, "Lookup interval is too big. More than 1 hours between startTime and endTime.")
        if from_id is not None:
            trades = self._past.from_id(symbol, from_id, limit, now_ms)
        elif start_ms is not None:
            trades = self._past.between(symbol, start_ms, now_ms if end_ms is None else end_ms, limit, now_ms)
        else:
            trades = self._past.until(symbol, now_ms if end_ms is None else end_ms, limit, now_ms)
        return [self.row(symbol, trade) for trade in trades]

    def single(self, query: Query, now_ms: int) -> object:
        """`trades`."""
        symbol = known_symbol(self._market, query, now_ms)
        limit = query.limit(500, 1000)
        trades = self._past.until(symbol, now_ms, limit, now_ms)
        return [fill for trade in trades for fill in self._fills(symbol, trade)][-limit:]

    def row(self, symbol: str, trade: Trade) -> dict[str, object]:
        """An aggregate trade as it is written."""
        listing = self._market.listing(symbol)
        _, shown = self._market.tick(symbol, trade.traded_ms // MINUTE_MS)
        return {
            "a": trade.aggregate_id,
            "p": price_text(trade.price, listing.price_unit_decimals, shown),
            "q": decimal_text(trade.quantity, listing.quantity_decimals),
            "nq": decimal_text(trade.plain_quantity, listing.quantity_decimals),
            "f": trade.first_trade_id,
            "l": trade.last_trade_id,
            "T": trade.traded_ms,
            "m": trade.is_buyer_maker,
        }

    def _fills(self, symbol: str, trade: Trade) -> list[dict[str, object]]:
        """Its fills, all of nearly the same size."""
        listing = self._market.listing(symbol)
        _, shown = self._market.tick(symbol, trade.traded_ms // MINUTE_MS)
        spare = 10 ** (listing.price_unit_decimals - shown)
        ids = range(trade.first_trade_id, trade.last_trade_id + 1)[: trade.quantity]
        sizes = [trade.quantity // len(ids) + (place < trade.quantity % len(ids)) for place in range(len(ids))]
        return [
            {
                "id": trade_id,
                "price": price_text(trade.price, listing.price_unit_decimals, shown),
                "qty": decimal_text(size, listing.quantity_decimals),
                "quoteQty": decimal_text(trade.price * size // spare, shown + listing.quantity_decimals),
                "time": trade.traded_ms,
                "isBuyerMaker": trade.is_buyer_maker,
                "isRPITrade": place == 0 and trade.plain_quantity != trade.quantity,
            }
            for place, (trade_id, size) in enumerate(zip(ids, sizes, strict=True))
        ]
