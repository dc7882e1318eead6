"""A kline's numbers as the exchange writes them."""

from __future__ import annotations

from typing import NamedTuple

from klagg_tui.simulator.market.klines import Kline
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import decimal_text, price_text


class KlineText(NamedTuple):
    """Texts of a kline's values."""

    open: str
    high: str
    low: str
    close: str
    volume: str
    turnover: str
    taker_buy_volume: str
    taker_buy_turnover: str


def kline_text(market: Market, symbol: str, kline: Kline) -> KlineText:
    """The kline with as many decimals as its symbol shows in it."""
    listing, sums = market.listing(symbol), kline.sums
    units, quantity_decimals = listing.price_unit_decimals, listing.quantity_decimals
    shown = market.shown(symbol, kline.open_minute, kline.end_minute)
    # The unit has a decimal more than is shown as long as the tick is coarse; a turnover shows none of it either.
    spare = 10 ** (units - shown)
    worth = shown + quantity_decimals
    opened, high, low, close = (price_text(price, units, shown) for price in sums[:4])
    return KlineText(
        opened,
        high,
        low,
        close,
        decimal_text(sums.volume, quantity_decimals),
        decimal_text(sums.turnover // spare, worth),
        decimal_text(sums.taker_buy_volume, quantity_decimals),
        decimal_text(sums.taker_buy_turnover // spare, worth),
    )
