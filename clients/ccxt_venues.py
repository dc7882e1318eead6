"""ccxt, with ccxt.pro for the websocket, pointed at the face of a venue. In the clients' own environment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import time
from typing import Any, Final

import ccxt.pro
from ccxt.async_support.base.exchange import Exchange

from clients.venues import (
    BARS,
    CLOCK,
    MARKETS,
    NEWEST,
    SINCE,
    STREAM,
    TRADES,
    WHOLE_MINUTES,
    Fill,
    Listed,
    Row,
    Told,
    Venue,
)

PACKAGES: Final = ("ccxt",)
_MINUTE_MS: Final = 60_000
_MINUTES_AGO: Final = 10
"""Trades from a time on begin with that minute."""
_AGO_MS: Final = 10 * 86_400_000
"""How long ago bars from a time on begin, where the venue has so many."""


class Client:
    """The class of `ccxt.pro` that a venue names, at two addresses."""

    def __init__(self, venue: Venue, rest_url: str, ws_url: str) -> None:
        self._venue = venue
        self._exchange = getattr(ccxt.pro, venue.exchange)({"newUpdates": True})
        _AIM[venue.exchange](self._exchange, venue, rest_url, ws_url)
        self._now_ms = 0
        """The venue's time, as it was told."""

    def questions(self) -> dict[str, Callable[[], Awaitable[list]]]:
        """What is asked, in order; all that comes back can be written as JSON."""
        asked: dict[str, Callable[[], Awaitable[list]]] = {
            MARKETS: self.markets,
            CLOCK: self.time,
            NEWEST: lambda: self._bars(lambda _step_ms: None),
            SINCE: lambda: self._bars(self._since_ms),
            STREAM: self.stream,
        }
        if self._venue.page:
            asked[TRADES] = self.trades
        return asked

    async def markets(self) -> list[Listed]:
        """From load_markets."""
        return [_listed(self._venue, market) for market in (await self._exchange.load_markets()).values()]

    async def time(self) -> list[Told]:
        """From fetch_time."""
        before_ms = int(time() * 1000)
        self._now_ms = await self._exchange.fetch_time()
        return [Told(self._now_ms, before_ms, int(time() * 1000))]

    async def trades(self) -> list[tuple[str, int | None, list[Fill]]]:
        """From fetch_trades: name, from when, trades."""
        found: list[tuple[str, int | None, list[Fill]]] = []
        for name, symbol in self._venue.symbols:
            trades = await self._exchange.fetch_trades(symbol, limit=self._venue.page)
            found.append((name, None, self._in_order(map(_fill, trades))))
            if self._venue.has_since:
                since_ms = (self._now_ms // _MINUTE_MS - _MINUTES_AGO) * _MINUTE_MS
                trades = await self._exchange.fetch_trades(symbol, since_ms, self._venue.page)
                found.append((name, since_ms, self._in_order(map(_fill, trades))))
        return found

    async def stream(self) -> list[tuple[str, None, list[Fill]]]:
        """From watch_trades, all symbols at once."""
        return await asyncio.gather(*(self._watched(name, symbol) for name, symbol in self._venue.symbols))

    async def _watched(self, name: str, symbol: str) -> tuple[str, None, list[Fill]]:
        parameters = {"name": "aggTrade"} if self._venue.exchange.startswith("binance") else {}
        found: list[Fill] = []
        while len({fill.traded_ms // _MINUTE_MS for fill in found}) < WHOLE_MINUTES + 2:
            found += map(_fill, await self._exchange.watch_trades(symbol, params=parameters))
        return name, None, self._in_order(found)

    def _in_order(self, fills: Iterable[Fill]) -> list[Fill]:
        """By id, where there are any: ccxt sorts the trades of an answer or a message by time, by which neighbours change places."""
        return sorted(fills, key=lambda fill: int(fill.number)) if self._venue.has_ids else list(fills)

    async def _bars(self, since: Callable[[int], int | None]) -> list[tuple[str, str, int | None, list[Row]]]:
        """From fetch_ohlcv: name, period, from when, bars."""
        found = []
        for name, symbol in self._venue.symbols:
            for period in self._venue.periods:
                since_ms = since(1000 * self._exchange.parse_timeframe(period))
                rows = await self._exchange.fetch_ohlcv(symbol, period, since_ms, BARS)
                read = [Row(int(row[0]), *map(repr, row[1:6])) for row in rows]
                found.append((name, period, since_ms, read))
        return found

    def _since_ms(self, step_ms: int) -> int:
        return (self._now_ms - min(_AGO_MS, self._venue.kept * step_ms)) // step_ms * step_ms


def _listed(venue: Venue, market: dict[str, Any]) -> Listed:
    name = {"hyperliquid": market.get("baseName"), "kraken": market["symbol"]}.get(venue.key, market["id"])
    size = market["contractSize"]
    return Listed(
        name,
        market["symbol"],
        market["base"],
        market["quote"],
        repr(market["precision"]["price"]),
        repr(market["precision"]["amount"]),
        None if size is None else repr(size),
        market["inverse"] is True,
    )


def _fill(trade: dict[str, Any]) -> Fill:
    info = trade["info"]
    fills = int(info["l"]) - int(info["f"]) + 1 if isinstance(info, dict) and "f" in info else 1
    return Fill(trade["id"], repr(trade["price"]), repr(trade["amount"]), trade["timestamp"], trade["side"], fills)


# Where each is pointed to: what ccxt calls its addresses


def _aim_binance(exchange: Exchange, venue: Venue, rest_url: str, ws_url: str) -> None:
    api = exchange.urls["api"]
    if venue.key == "binance-coinm":
        api["dapiPublic"], api["ws"]["inverse"] = f"{rest_url}/dapi/v1", f"{ws_url}/ws"
    else:
        api["public"], api["ws"]["spot"] = f"{rest_url}/api/v3", f"{ws_url}/ws"
        exchange.options["fetchMarkets"] = {"types": ["spot"]}


def _aim_coinbase(exchange: Exchange, _venue: Venue, rest_url: str, ws_url: str) -> None:
    exchange.urls["api"] |= {"public": rest_url, "ws": ws_url}


def _aim_okx(exchange: Exchange, venue: Venue, rest_url: str, ws_url: str) -> None:
    exchange.urls["api"] |= {"rest": rest_url, "ws": f"{ws_url}/ws/v5"}
    exchange.options["fetchMarkets"] = {"types": [venue.key.partition("-")[2]]}


def _aim_kraken(exchange: Exchange, _venue: Venue, rest_url: str, ws_url: str) -> None:
    exchange.urls["api"]["public"] = rest_url
    exchange.urls["api"]["ws"]["publicV2"] = f"{ws_url}/v2"


def _aim_hyperliquid(exchange: Exchange, _venue: Venue, rest_url: str, ws_url: str) -> None:
    exchange.urls["api"]["public"] = rest_url
    exchange.urls["api"]["ws"]["public"] = f"{ws_url}/ws"
    exchange.options["fetchMarkets"] = {"types": ["swap"]}


_AIM: Final[dict[str, Callable[[Exchange, Venue, str, str], None]]] = {
    "binance": _aim_binance,
    "binanceus": _aim_binance,
    "binancecoinm": _aim_binance,
    "coinbaseexchange": _aim_coinbase,
    "okx": _aim_okx,
    "kraken": _aim_kraken,
    "hyperliquid": _aim_hyperliquid,
}
