"""`exchangeInfo` of the simulated exchange: every contract with its state, tick and lot size."""

from __future__ import annotations

from typing import Final

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.market import Life, Market
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.rest.weight import LIMIT

_ORDER_TYPES: Final = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]


def exchange_info(market: Market, now_ms: int, server_ms: int) -> dict[str, object]:
    """The whole reply at that moment; `server_ms` is what the exchange takes the time for."""
    return {
        "timezone": "UTC",
        "serverTime": server_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": LIMIT},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
        ],
        "exchangeFilters": [],
        "assets": [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"} for asset in ("USDT", "USDC")],
        "symbols": [
            _contract(market, life.at(now_ms // MINUTE_MS), now_ms // MINUTE_MS) for life in market.lives.values()
        ],
    }


def _contract(market: Market, life: Life, minute: int) -> dict[str, object]:
    listing = life.listing
    tick, shown = market.tick(listing.symbol, minute)
    return {
        "symbol": listing.symbol,
        "pair": listing.pair,
        "contractType": listing.contract_type,
        "deliveryDate": life.delivery_ms,
        "onboardDate": listing.listed_minute * MINUTE_MS,
        "status": market.status(listing.symbol, minute),
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "marginAsset": listing.quote,
        "pricePrecision": shown,
        "quantityPrecision": listing.quantity_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "EQUITY" if listing.contract_type.startswith("TRADIFI") else "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.015000",
        "marketTakeBound": "0.10",
        "maxMoveOrderLimit": 10000,
        "filters": _filters(
            price_text(tick, listing.price_unit_decimals, shown), decimal_text(1, listing.quantity_decimals)
        ),
        "orderTypes": _ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _filters(tick: str, step: str) -> list[dict[str, object]]:
    lot: dict[str, object] = {"stepSize": step, "maxQty": "100000000", "minQty": step}
    return [
        {"minPrice": tick, "maxPrice": "10000000", "filterType": "PRICE_FILTER", "tickSize": tick},
        lot | {"filterType": "LOT_SIZE"},
        lot | {"filterType": "MARKET_LOT_SIZE"},
        {"limit": 200, "filterType": "MAX_NUM_ORDERS"},
        {"limit": 10, "filterType": "MAX_NUM_ALGO_ORDERS"},
        {"notional": "5.0", "filterType": "MIN_NOTIONAL"},
        {"multiplierDown": "0.9000", "multiplierUp": "1.1000", "multiplierDecimal": "4", "filterType": "PERCENT_PRICE"},
    ]
