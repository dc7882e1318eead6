"""Prices over REST: last, best, mark, and those of 24 hours, of one symbol or of all that trade; and the order book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.day import DayStatistics, Row
from klagg_tui.simulator.market.klines import Klines, Published, added
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.quotes import best_prices, book, mark_price
from klagg_tui.simulator.market.text import price_text
from klagg_tui.simulator.rest.query import Query, Refusal, known_symbol

DEPTHS: Final = (5, 10, 20, 50, 100, 500, 1000)
"""How many levels of the order book can be asked for."""


class Tickers:
    """Answers requests for prices."""

    def __init__(self, market: Market, klines: Klines) -> None:
        self._market = market
        self._klines = klines
        self._days = DayStatistics(market, klines)

    def day(self, query: Query, now_ms: int) -> object:
        """`ticker/24hr`."""
        return self._each(query, now_ms, self._day)

    def price(self, query: Query, now_ms: int) -> object:
        """`ticker/price`."""
        return self._each(query, now_ms, self._price)

    def best(self, query: Query, now_ms: int) -> object:
        """`ticker/bookTicker`."""
        return self._each(query, now_ms, self._best)

    def mark(self, query: Query, now_ms: int) -> object:
        """`premiumIndex`."""
        return self._each(query, now_ms, lambda symbol, at_ms: mark_price(self._market, symbol, at_ms))

    def depth(self, query: Query, now_ms: int) -> object:
        """`depth`: the order book of one symbol."""
        symbol = known_symbol(self._market, query, now_ms)
        count = query.number("limit") or 500
        if count not in DEPTHS:
            raise Refusal(-4021, f"{count} is not valid depth limit.")
        last = self._last(symbol, now_ms)
        bids, asks = book(self._market, symbol, last, count, now_ms)
        return {"lastUpdateId": last.last_trade_id, "E": now_ms, "T": last.event_ms, "bids": bids, "asks": asks}

    def _each(self, query: Query, now_ms: int, row: Callable[[str, int], Row]) -> object:
        if query.is_sent("symbol"):
            return row(known_symbol(self._market, query, now_ms), now_ms)
        minute = now_ms // MINUTE_MS
        return [
            row(symbol, now_ms) for symbol in self._market.lives if self._market.status(symbol, minute) == "TRADING"
        ]

    def _day(self, symbol: str, now_ms: int) -> Row:
        minute = now_ms // MINUTE_MS
        sums = added([trade.row for trade in self._published(symbol, now_ms)])
        return self._days.row(symbol, minute, sums, self._last(symbol, now_ms), now_ms)

    def _price(self, symbol: str, now_ms: int) -> Row:
        listing = self._market.listing(symbol)
        _, shown = self._market.tick(symbol, now_ms // MINUTE_MS)
        last = self._last(symbol, now_ms)
        price = price_text(last.row[0], listing.price_unit_decimals, shown)
        return {"symbol": symbol, "price": price, "time": last.event_ms}

    def _best(self, symbol: str, now_ms: int) -> Row:
        return best_prices(self._market, symbol, self._last(symbol, now_ms), now_ms)

    def _last(self, symbol: str, now_ms: int) -> Published:
        """The latest trade that is published; in the very first moment of a symbol the first that will be."""
        minute = now_ms // MINUTE_MS
        published = self._published(symbol, now_ms)
        return (
            published[-1]
            if published
            else self._klines.last_before(symbol, minute) or self._klines.published(symbol, minute)[0]
        )

    def _published(self, symbol: str, now_ms: int) -> list[Published]:
        """The trades of the present minute so far."""
        trades = self._klines.published(symbol, now_ms // MINUTE_MS)
        return [trade for trade in trades if trade.event_ms <= now_ms]
