"""The websocket messages of the simulated exchange as bytes."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.streams.names import CONTRACT_INFO


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
        plain = trade.plain_quantity
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
        frames.append(Frame(stream, payload, symbol, trade.aggregate_id))
    return frames


def contract_info(market: Market, symbol: str, status: str, now_ms: int) -> Frame:
    """What is sent when a contract is listed, delisted or changed."""
    listing = market.listing(symbol)
    message = {
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
    return Frame(CONTRACT_INFO, orjson.dumps(message))


def foreign_contract_info(now_ms: int) -> Frame:
    """A contract of the other, coin-margined market, which shares the stream."""
    message = {
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
    return Frame(CONTRACT_INFO, orjson.dumps(message))


def server_shutdown(now_ms: int) -> bytes:
    """The exchange is about to close the connection; the official SDK looks for it also inside an `event`."""
    return orjson.dumps({"e": "serverShutdown", "E": now_ms})
