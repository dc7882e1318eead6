"""The last 24 hours of a symbol in numbers, as REST writes them; streams give the same under shorter names."""

from __future__ import annotations

from typing import TypeAlias

from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS
from klagg_tui.simulator.market.kline_text import kline_text
from klagg_tui.simulator.market.klines import Kline, Klines, Published
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import decimal_text, price_text

Row: TypeAlias = dict[str, object]


def day_begins(market: Market, symbol: str, minute: int) -> int:
    """The first minute of the 24 hours that end with `minute`."""
    return max(minute + 1 - DAY, market.listing(symbol).listed_minute)


def day_statistics(market: Market, klines: Klines, symbol: str, kline: Kline, last: Published, now_ms: int) -> Row:
    """`ticker/24hr` of a day's kline, whose latest trade is `last`."""
    listing, sums = market.listing(symbol), kline.sums
    units, quantity_decimals = listing.price_unit_decimals, listing.quantity_decimals
    _, shown = market.tick(symbol, kline.end_minute - 1)
    change = sums.close - sums.open
    text = kline_text(market, symbol, kline)
    mean = sums.turnover // sums.volume if sums.volume else sums.close
    return {
        "symbol": symbol,
        "priceChange": ("-" if change < 0 else "") + price_text(abs(change), units, shown),
        "priceChangePercent": f"{100 * change / max(1, sums.open):.3f}",
        "weightedAvgPrice": price_text(mean, units, shown),
        "lastPrice": text.close,
        "lastQty": decimal_text(last.row[1], quantity_decimals),
        "openPrice": text.open,
        "highPrice": text.high,
        "lowPrice": text.low,
        "volume": text.volume,
        "quoteVolume": text.turnover,
        "openTime": kline.open_minute * MINUTE_MS,
        "closeTime": now_ms,
        "firstId": klines.first_trade_id(symbol, kline.open_minute),
        "lastId": last.last_trade_id,
        "count": sums.trade_count,
    }
