"""A made-up market of several exchanges: the same coins by other names, in other quotes, behind the face that screens see."""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui.feed import InstrumentFacts, Mode, VenueStatus
from klagg_tui.metrics import Metric
from tests.made_market import BEGIN_MS, PRICES, MadeMarket

VENUES = {
    "binance-um": ("Binance USDⓈ-M", "{base}{quote}", ("USDT", "USDC")),
    "binance-spot": ("Binance spot", "{base}{quote}", ("USDT", "BTC")),
    "coinbase": ("Coinbase Exchange", "{base}-{quote}", ("USD",)),
    "okx-swap": ("OKX swaps", "{base}-{quote}-SWAP", ("USDT",)),
    "kraken": ("Kraken", "{base}/{quote}", ("USD", "EUR")),
    "hyperliquid": ("Hyperliquid", "{base}", ("USDC",)),
}
"""Name, how a symbol is written, and what is paid there."""
WORTH = {"BTC": 64_250.1, "EUR": 1.09}
"""Dollars for one."""
COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA")


def facts(venue: str, base: str, quote: str) -> InstrumentFacts:
    """What the listing of one of these exchanges says."""
    name, form, _ = VENUES[venue]
    return InstrumentFacts(venue, name, form.format(base=base, quote=quote), base, quote)


def made_venues(
    venues: Sequence[str] = tuple(VENUES), coins: Sequence[str] = COINS, minutes: int = 30, per_minute: int = 3
) -> MadeMarket:
    """Each coin in each quote of each of these exchanges."""
    listed = [
        facts(venue, base, quote) for base in coins for venue in venues for quote in VENUES[venue][2] if base != quote
    ]
    instruments = {f"{one.venue}:{one.name}": one for one in listed}
    prices = {
        symbol: round(PRICES[COINS.index(one.base)] / WORTH.get(one.quote, 1.0) * (1 + 0.0001 * (place % 7)), 10)
        for place, (symbol, one) in enumerate(instruments.items())
    }
    market = MadeMarket(len(instruments), minutes=minutes, per_minute=per_minute, prices=prices)
    market.instruments = instruments
    market.venues = tuple(
        VenueStatus(
            key,
            VENUES[key][0],
            Mode.DEMO,
            "connected",
            market.now_ms,
            delay_ms=45.0 + place,
            symbols=sum(one.venue == key for one in listed),
            trades_per_second=100.0 * (place + 1),
            metrics={Metric.WEIGHT_USED: 120.0, Metric.WEIGHT_LIMIT: 2_400.0},
        )
        for place, key in enumerate(venues)
    )
    return market


def prices_of(market: MadeMarket, base: str, prices: dict[str, str]) -> None:
    """A trade now, at these prices by exchange, in the first quote of each."""
    for venue, price in prices.items():
        symbol = next(name for name, one in market.instruments.items() if one.venue == venue and one.base == base)
        market.trade_at(symbol, price)


__all__ = ["BEGIN_MS", "COINS", "VENUES", "facts", "made_venues", "prices_of"]
