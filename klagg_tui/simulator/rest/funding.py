"""Funding and open interest over REST: `fundingRate`, `fundingInfo` and `openInterest`."""

from __future__ import annotations

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.quotes import FUNDED_EVERY_MS, funding_rate, mark_at
from klagg_tui.simulator.market.text import decimal_text
from klagg_tui.simulator.rest.query import Query, known_symbol

_DAYS_OF_TRADES = 0.3
"""Open interest, in what is traded in so many days."""


class Funding:
    """Answers requests about perpetual contracts beyond their prices."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def rates(self, query: Query, now_ms: int) -> object:
        """`fundingRate`: what was paid, of one symbol or of all, oldest first."""
        limit = query.limit(100, 1000)
        start_ms, end_ms = query.number("startTime"), query.number("endTime")
        last = min(now_ms, now_ms if end_ms is None else end_ms) // FUNDED_EVERY_MS
        symbols = [known_symbol(self._market, query, now_ms)] if query.is_sent("symbol") else self._funded(now_ms)
        if start_ms is None:
            periods = range(last + 1 - -(-limit // max(1, len(symbols))), last + 1)
        else:
            periods = range(-(-start_ms // FUNDED_EVERY_MS), last + 1)
        rows = (
            self._rate(symbol, period * FUNDED_EVERY_MS)
            for period in periods
            for symbol in symbols
            if self._market.listing(symbol).listed_minute * MINUTE_MS < period * FUNDED_EVERY_MS
            and self._market.listing(symbol).delivered_minute is None
        )
        return [row for row, _ in zip(rows, range(limit), strict=False)]

    def terms(self, _query: Query, now_ms: int) -> object:
        """`fundingInfo`."""
        return [
            {
                "symbol": symbol,
                "adjustedFundingRateCap": "0.02000000",
                "adjustedFundingRateFloor": "-0.02000000",
                "fundingIntervalHours": FUNDED_EVERY_MS // 3_600_000,
                "disclaimer": False,
            }
            for symbol in self._funded(now_ms)
        ]

    def open_interest(self, query: Query, now_ms: int) -> object:
        """`openInterest`: as many contracts as are traded in some hours."""
        symbol = known_symbol(self._market, query, now_ms)
        listing = self._market.listing(symbol)
        held = decimal_text(self.held(listing, now_ms), listing.quantity_decimals)
        return {"openInterest": held, "symbol": symbol, "time": now_ms}

    def held(self, listing: Listing, now_ms: int) -> int:
        """Open interest, in the smallest steps that the symbol has."""
        daily = self._market.spec.activity * 86_400 * listing.weight
        return int(daily * _DAYS_OF_TRADES * self._market.lots(listing, now_ms // MINUTE_MS))

    def _funded(self, now_ms: int) -> list[str]:
        minute = now_ms // MINUTE_MS
        return [
            symbol
            for symbol, life in self._market.lives.items()
            if life.listing.delivered_minute is None and self._market.status(symbol, minute) == "TRADING"
        ]

    def _rate(self, symbol: str, at_ms: int) -> dict[str, object]:
        listing = self._market.listing(symbol)
        return {
            "symbol": symbol,
            "fundingRate": f"{funding_rate(listing, at_ms - 1):.8f}",
            "fundingTime": at_ms,
            "markPrice": f"{mark_at(self._market, listing, at_ms):.8f}",
        }
