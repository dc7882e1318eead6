"""What faces of spot markets share: names of pairs, texts of amounts, times as RFC 3339, a limit of requests."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Final

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.text import decimal_text, price_text

_WINDOW_MS: Final = 10_000


def quote_of(listing: Listing) -> str:
    """Dollars where the market has USDT: these venues have dollars."""
    return "USD" if listing.quote == "USDT" else listing.quote


def step_text(decimals: int) -> str:
    """The smallest step, such as 0.001."""
    return decimal_text(1, decimals)


def amounts(market: Market, listing: Listing, trade: Trade) -> tuple[str, str]:
    """Price and quantity as they are written."""
    _, shown = market.tick(listing.symbol, trade.traded_ms // MINUTE_MS)
    price = price_text(trade.price, listing.price_unit_decimals, shown)
    return price, decimal_text(trade.quantity, listing.quantity_decimals)


def rfc3339(at_ms: int, microseconds: int = 0) -> str:
    """2026-09-22T00:00:00.123456Z; `microseconds`: behind the millisecond."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}{microseconds % 1000:03d}Z"


class RequestLimit:
    """So many requests in ten seconds of the exchange."""

    def __init__(self, most: int) -> None:
        self._begun: deque[int] = deque(maxlen=most)

    def takes(self, now_ms: int) -> bool:
        """Whether one more is answered."""
        if len(self._begun) == self._begun.maxlen and now_ms - self._begun[0] < _WINDOW_MS:
            return False
        self._begun.append(now_ms)
        return True
