"""Mark prices and best prices, as REST writes them; streams give the same under shorter names.

Neither is traded: a mark price lies on the path that trades are scattered around, and the best prices on either side
of the last trade.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from klagg_tui.simulator.market.calendar import HOUR, MINUTE_MS
from klagg_tui.simulator.market.chance import MILD, draws
from klagg_tui.simulator.market.klines import Published
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import decimal_text, price_text

Row: TypeAlias = dict[str, object]

_FUNDED_EVERY_MS: Final = 8 * HOUR * MINUTE_MS
_RATE: Final = 0.0001
"""Funding for eight hours in calm times, also the interest in it."""


def mark_price(market: Market, symbol: str, now_ms: int) -> Row:
    """`premiumIndex`; a contract that is delivered has no funding."""
    listing = market.listing(symbol)
    minute, rest_ms = divmod(now_ms, MINUTE_MS)
    first, last = market.path.at(listing, minute), market.path.at(listing, minute + 1)
    mark = first + (last - first) * rest_ms / MINUTE_MS
    period = now_ms // _FUNDED_EVERY_MS
    byte = draws(listing.key + b"F%d" % period, 1)[0]
    is_funded = listing.delivered_minute is None
    index = mark * (1 - (byte - 128) * 2e-6)
    return {
        "symbol": symbol,
        "markPrice": f"{mark:.8f}",
        "indexPrice": f"{index:.8f}",
        "estimatedSettlePrice": f"{(mark + index) / 2:.8f}",
        "lastFundingRate": f"{_RATE * MILD[byte]:.8f}" if is_funded else "",
        "interestRate": f"{_RATE:.8f}" if is_funded else "",
        "nextFundingTime": (period + 1) * _FUNDED_EVERY_MS if is_funded else 0,
        "time": now_ms,
    }


def best_prices(market: Market, symbol: str, last: Published, now_ms: int) -> Row:
    """`ticker/bookTicker` after the trade `last`: its maker's side stands at its price, the other one tick away."""
    listing = market.listing(symbol)
    units, decimals = listing.price_unit_decimals, listing.quantity_decimals
    tick, shown = market.tick(symbol, now_ms // MINUTE_MS)
    price, quantity, fills, is_buyer_maker = last.row
    bid = price if is_buyer_maker else max(tick, price - tick)
    return {
        "symbol": symbol,
        "bidPrice": price_text(bid, units, shown),
        "bidQty": decimal_text(quantity + last.last_trade_id % 89, decimals),
        "askPrice": price_text(bid + tick, units, shown),
        "askQty": decimal_text(quantity * fills + last.last_trade_id % 97, decimals),
        "time": last.event_ms,
    }
