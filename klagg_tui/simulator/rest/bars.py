"""Klines over REST: of a symbol, of a pair and a contract type, and those of prices that nobody trades at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import orjson

from klagg_tui.simulator.market.calendar import INTERVALS, MINUTE_MS
from klagg_tui.simulator.market.kline_text import kline_text
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import LATEST_MS, Market
from klagg_tui.simulator.market.quotes import Price, samples
from klagg_tui.simulator.market.spans import Span, ascending_spans, latest_spans
from klagg_tui.simulator.rest.kept_rows import KeptRows
from klagg_tui.simulator.rest.query import Query, Refusal, known_symbol

_PREPARED: Final = {"1m": 1_500, **dict.fromkeys(("5m", "15m", "30m", "1h", "4h", "1d", "1w"), 520)}
"""How many of the newest klines are kept, by interval: what klagg's usual periods are filled with."""


class Bars:
    """Answers requests for klines."""

    def __init__(self, market: Market, klines: Klines) -> None:
        self._market = market
        self._klines = klines
        self._kept: dict[tuple[str, str], KeptRows] = {}

    def prepare(self, now_ms: int) -> None:
        """Write the newest klines of every symbol that are over once and for all: an answer of them costs no time then."""
        settled = (now_ms - LATEST_MS) // MINUTE_MS
        for symbol, life in self._market.lives.items():
            for interval, count in _PREPARED.items():
                spans = latest_spans(life, interval, settled, count, now_ms)
                over = [span for span in spans if span.end_minute <= settled]
                rows = ((span, orjson.dumps(self._row(symbol, span, now_ms))) for span in over)
                self._kept[symbol, interval] = KeptRows(rows)

    def of_symbol(self, query: Query, now_ms: int) -> object:
        """`klines`."""
        symbol = known_symbol(self._market, query, now_ms)
        spans = list(self._spans(symbol, query, now_ms))
        kept = self._kept.get((symbol, query.text("interval")))
        if kept is None:
            return [self._row(symbol, span, now_ms) for span in spans]
        rows = kept.rows(spans, lambda span: orjson.dumps(self._row(symbol, span, now_ms)))
        return orjson.Fragment(b"[" + rows + b"]")

    def of_contract(self, query: Query, now_ms: int) -> object:
        """`continuousKlines`."""
        symbol = self._of_pair(query.text("pair"), query.text("contractType"))
        return [self._row(symbol, span, now_ms) for span in self._spans(symbol, query, now_ms)]

    def of_price(self, price: Price, *, of_pair: bool = False) -> Callable[[Query, int], object]:
        """`markPriceKlines` and its siblings: of that price of a symbol, or of a pair's perpetual contract."""

        def answer(query: Query, now_ms: int) -> object:
            if of_pair:
                symbol = self._of_pair(query.text("pair"), "PERPETUAL")
            else:
                symbol = known_symbol(self._market, query, now_ms)
            return [self._price_row(price, symbol, span, now_ms) for span in self._spans(symbol, query, now_ms)]

        return answer

    def _of_pair(self, pair: str, contract_type: str) -> str:
        for symbol, life in self._market.lives.items():
            if (life.listing.pair, life.listing.contract_type) == (pair, contract_type):
                return symbol
        raise Refusal(-1121, "Invalid symbol.")

    def _spans(self, symbol: str, query: Query, now_ms: int) -> Iterable[Span]:
        interval = query.text("interval")
        if interval not in INTERVALS:
            raise Refusal(-1120, "Invalid interval.")
        limit = query.limit(500, 1500)
        start_ms, end_ms = query.number("startTime"), query.number("endTime")
        last = (now_ms if end_ms is None else end_ms) // MINUTE_MS
        life = self._market.lives[symbol]
        if start_ms is None:
            return latest_spans(life, interval, last, limit, now_ms)
        spans = ascending_spans(life, interval, -(-start_ms // MINUTE_MS), last, now_ms)
        return [span for span, _ in zip(spans, range(limit), strict=False)]

    def _row(self, symbol: str, span: Span, now_ms: int) -> list[object]:
        kline = self._klines.kline(symbol, *span, now_ms)
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

    def _price_row(self, price: Price, symbol: str, span: Span, now_ms: int) -> list[object]:
        listing = self._market.listing(symbol)
        prices = list(samples(price, self._market, listing, *span, now_ms))
        texts = [f"{value:.8f}" for value in (prices[0], max(prices), min(prices), prices[-1])]
        # No trades make it, yet the exchange counts something for each minute.
        open_ms, end_ms = span.open_minute * MINUTE_MS, span.end_minute * MINUTE_MS
        return [open_ms, *texts, "0", end_ms - 1, "0", 60 * (span.end_minute - span.open_minute), "0", "0", "0"]
