"""Klines over REST: `klines` of a symbol and `continuousKlines` of a pair and a contract type."""

from __future__ import annotations

from klagg_tui.simulator.market.calendar import INTERVALS, MINUTE_MS
from klagg_tui.simulator.market.kline_text import kline_text
from klagg_tui.simulator.market.klines import Kline, Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.rest.query import Query, Refusal, known_symbol


class Bars:
    """Answers requests for klines."""

    def __init__(self, market: Market, klines: Klines) -> None:
        self._market = market
        self._klines = klines

    def of_symbol(self, query: Query, now_ms: int) -> object:
        """`klines`."""
        return self._answer(known_symbol(self._market, query, now_ms), query, now_ms)

    def of_pair(self, query: Query, now_ms: int) -> object:
        """`continuousKlines`."""
        asked = query.text("pair"), query.text("contractType")
        for symbol, life in self._market.lives.items():
            if (life.listing.pair, life.listing.contract_type) == asked:
                return self._answer(symbol, query, now_ms)
        raise Refusal(-1121, "Invalid symbol.")

    def _answer(self, symbol: str, query: Query, now_ms: int) -> object:
        interval = query.text("interval")
        if interval not in INTERVALS:
            raise Refusal(-1120, "Invalid interval.")
        limit = query.limit(500, 1500)
        start_ms, end_ms = query.number("startTime"), query.number("endTime")
        last = (now_ms if end_ms is None else end_ms) // MINUTE_MS
        if start_ms is None:
            found = self._klines.latest(symbol, interval, last, limit, now_ms)
        else:
            klines = self._klines.ascending(symbol, interval, -(-start_ms // MINUTE_MS), last, now_ms)
            found = [kline for kline, _ in zip(klines, range(limit), strict=False)]
        return [self._row(symbol, kline) for kline in found]

    def _row(self, symbol: str, kline: Kline) -> list[object]:
        text = kline_text(self._market, symbol, kline)
        return [
            kline.open_minute * MINUTE_MS,
            text.open,
            text.high,
            text.low,
            text.close,
            text.volume,
            kline.end_minute * MINUTE_MS - 1,
            text.turnover,
            kline.sums.trade_count,
            text.taker_buy_volume,
            text.taker_buy_turnover,
            "0",
        ]
