"""The websocket messages of the simulated exchange as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson

from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.text import decimal_text, price_text

CONTRACT_INFO: Final = "!contractInfo"
MINI_TICKERS: Final = "!miniTicker@arr"
_RPI_EVERY: Final = 16
"""One of so many aggregate trades holds fills that `nq` leaves out."""


class Frame(NamedTuple):
    """One message and the stream it belongs to."""

    stream: str
    payload: bytes
    symbol: str = ""
    """Whose trade it is; empty for the all-market streams."""
    aggregate_id: int = 0
    price: int = 0


def plain_quantity(trade: Trade) -> int:
    """The quantity without fills of retail price improvement orders (`nq`)."""
    return trade.quantity - (trade.aggregate_id % _RPI_EVERY == 5 and trade.quantity > 1)


def trade_frames(market: Market, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:
    """The `aggTrade` messages of trades of one minute."""
    listing = market.listing(symbol)
    stream = listing.stream
    units, decimals = listing.price_unit_decimals, listing.quantity_decimals
    _, shown = market.tick(symbol, minute)
    name = symbol.encode()
    frames = []
    for trade in trades:
        quantity = decimal_text(trade.quantity, decimals).encode()
        plain = plain_quantity(trade)
        payload = (
            b'{"e":"aggTrade","E":%d,"a":%d,"s":"%b","p":"%b","q":"%b","nq":"%b","f":%d,"l":%d,"T":%d,"m":%b,"st":1}'
            % (
                trade.event_ms,
                trade.aggregate_id,
                name,
                price_text(trade.price, units, shown).encode(),
                quantity,
                quantity if plain == trade.quantity else decimal_text(plain, decimals).encode(),
                trade.first_trade_id,
                trade.last_trade_id,
                trade.traded_ms,
                b"true" if trade.is_buyer_maker else b"false",
            )
        )
        frames.append(Frame(stream, payload, symbol, trade.aggregate_id, trade.price))
    return frames


def contract_info(market: Market, symbol: str, status: str, now_ms: int) -> Frame:
    """What is told when a contract is listed, delisted or changed."""
    listing = market.listing(symbol)
    told = {
        "e": "contractInfo",
        "E": now_ms,
        "s": symbol,
        "ps": listing.pair,
        "ct": listing.contract_type,
        "dt": market.lives[symbol].delivery_ms,
        "ot": listing.listed_minute * 60_000,
        "cs": status,
        "st": 1,
    }
    return Frame(CONTRACT_INFO, orjson.dumps(told))


def foreign_contract_info(now_ms: int) -> Frame:
    """A contract of the other, coin-margined market, which shares the stream."""
    told = {
        "e": "contractInfo",
        "E": now_ms,
        "s": "BTCUSD_PERP",
        "ps": "BTCUSD",
        "ct": "PERPETUAL",
        "dt": 4_133_404_800_000,
        "ot": 1_597_042_800_000,
        "cs": "TRADING",
        "st": 2,
    }
    return Frame(CONTRACT_INFO, orjson.dumps(told))


def server_shutdown(now_ms: int) -> bytes:
    """The exchange is about to close the connection."""
    return orjson.dumps({"e": "serverShutdown", "E": now_ms})


def mini_tickers(market: Market, last_prices: dict[str, int], now_ms: int) -> Frame:
    """The symbols that traded since the last time, with two of the coin-margined market among them.

    Only the last price is exact; the figures of 24 hours are plausible, not added up.
    """
    minute = now_ms // 60_000
    rows: list[dict[str, object]] = []
    for symbol, price in last_prices.items():
        listing = market.listing(symbol)
        _, shown = market.tick(symbol, minute)
        scale = 10**listing.price_unit_decimals
        day_ago = int(market.path.at(listing, minute - minute % 60 - 1440) * scale)
        worth = listing.weight * market.spec.activity * 6e6
        row = {"e": "24hrMiniTicker", "E": now_ms, "s": symbol, "ps": listing.pair}
        prices = {"c": price, "o": day_ago, "h": max(price, day_ago), "l": min(price, day_ago)}
        row |= {key: price_text(units, listing.price_unit_decimals, shown) for key, units in prices.items()}
        row |= {"v": f"{worth / listing.price:.0f}", "q": f"{worth:.2f}", "st": 1}
        rows.append(row)
    for number, foreign in enumerate(("BTCUSD_PERP", "ETHUSD_PERP")):
        row = {"e": "24hrMiniTicker", "E": now_ms, "s": foreign, "ps": foreign.partition("_")[0]}
        row |= dict.fromkeys("cohl", f"{(85000, 2900)[number]}.0") | {"v": "1200", "q": "1.4", "st": 2}
        rows.insert(number * 2, row)
    return Frame(MINI_TICKERS, orjson.dumps(rows))
