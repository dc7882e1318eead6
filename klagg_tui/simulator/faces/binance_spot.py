"""Binance spot and Binance.US: pairs, numbers padded to eight decimals."""

from __future__ import annotations

from typing import ClassVar

from klagg_tui.simulator.faces.binance import Binance, Json
from klagg_tui.simulator.faces.binance_um import PATHS
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.market import Trade
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.rest.query import Query
from klagg_tui.simulator.streams.frames import server_shutdown


class BinanceSpot(Binance):
    """Pairs; trades are those of one taker order at a price."""

    key = "binance-spot"
    has_archive = True
    folder = "spot"
    sockets = PATHS
    prefix = "/api/v3"
    paths = (("GET", "/api/v3/{name:.+}"),)
    time_paths = ("/api/v3/time",)
    weight_limit = 6000
    costs: ClassVar = {"ping": 1, "time": 1, "exchangeInfo": 20, "aggTrades": 4, "ticker/24hr": 80}
    most_rows = 1000
    most_messages = 5
    ping_ms = 20_000

    def lists(self, listing: Listing) -> bool:
        """What is a coin, and whose turnover has no more than the eight decimals that are written."""
        return listing.contract_type == "PERPETUAL" and listing.price_unit_decimals + listing.quantity_decimals <= 8

    def shown(self, text: str) -> str:
        """Padded to eight decimals."""
        whole, _, fraction = text.partition(".")
        return f"{whole}.{fraction:0<8}"

    def kline_weight(self, query: Query) -> int:  # noqa: ARG002 - as its siblings
        """The same for any number."""
        return 2

    def entry(self, listing: Listing, status: str, now_ms: int) -> Json:
        """As recorded in 2021."""
        tick, shown = self.market.tick(listing.symbol, now_ms // MINUTE_MS)
        step = self.shown(decimal_text(1, listing.quantity_decimals))
        tick_size = self.shown(price_text(tick, listing.price_unit_decimals, shown))
        return {
            "symbol": self.name(listing),
            "status": status if status == "TRADING" else "BREAK",
            "baseAsset": listing.base,
            "baseAssetPrecision": 8,
            "quoteAsset": listing.quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": [
                {
                    "filterType": "PRICE_FILTER",
                    "minPrice": tick_size,
                    "maxPrice": "922327.00000000",
                    "tickSize": tick_size,
                },
                {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "100000.00000000", "stepSize": step},
            ],
            "permissions": ["SPOT"],
        }

    def event(self, listing: Listing, trade: Trade, row: Json) -> Json:
        """With `M`, which means nothing."""
        return {"e": "aggTrade", "E": trade.event_ms, "s": self.name(listing)} | row | {"M": True}

    def amounts(self, listing: Listing, candle: Candle) -> tuple[str, str, str, str]:  # noqa: ARG002 - as its siblings
        """Coins, and what was paid."""
        text = candle.text
        return (
            self.shown(text.volume),
            self.shown(text.turnover),
            self.shown(text.taker_buy_volume),
            self.shown(text.taker_buy_turnover),
        )

    def shutdown(self, now_ms: int) -> bytes | None:
        """`serverShutdown`, since May 2026."""
        return server_shutdown(now_ms)


class BinanceUs(BinanceSpot):
    """The same, thinner: a pair may trade twice a minute."""

    key = "binance-us"
    has_archive = False
    weight_limit = 1200
    costs: ClassVar = {"ping": 1, "time": 1, "exchangeInfo": 10, "aggTrades": 1, "ticker/24hr": 40}
    most_messages = 10
    ping_ms = 3 * 60_000
    liveliness = 0.1

    def lists(self, listing: Listing) -> bool:
        """The coins with Latin names."""
        return super().lists(listing) and listing.base.isascii()

    def kline_weight(self, query: Query) -> int:  # noqa: ARG002 - as its siblings
        """The same for any number."""
        return 1

    def shutdown(self, now_ms: int) -> bytes | None:  # noqa: ARG002 - as its siblings
        """Nothing warns."""
        return None
