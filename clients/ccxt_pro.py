"""ccxt, with ccxt.pro for the websocket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import ccxt.pro

from clients.readings import Bar, Contract, Trade


class Client:
    """`ccxt.pro.binanceusdm`."""

    packages = ("ccxt",)
    notes = (
        "Prices are floats, and a bar of the websocket does not say whether it is closed.",
        "watch_trades asks for <symbol>@trade unless told name=aggTrade, as it is here.",
        "fetch_trades sorts by time, by which neighbours may change places; ids are put back in order here.",
    )

    def __init__(self, rest_url: str, ws_url: str) -> None:
        self._exchange = ccxt.pro.binanceusdm({"newUpdates": True})
        api = self._exchange.urls["api"]
        for name, version in (("fapiPublic", "v1"), ("fapiPublicV2", "v2"), ("fapiPublicV3", "v3")):
            api[name] = f"{rest_url}/fapi/{version}"
        api["ws"]["linear"] = f"{ws_url}/ws"

    async def contracts(self) -> list[Contract]:
        """From load_markets."""
        markets = (await self._exchange.load_markets()).values()
        return [Contract(market["id"], repr(market["precision"]["price"]), market["expiry"]) for market in markets]

    async def bars(self, symbol: str, count: int) -> list[Bar]:
        """From fetch_ohlcv."""
        rows = await self._exchange.fetch_ohlcv(await self._unified(symbol), "1m", limit=count)
        return [_bar(row) for row in rows]

    async def trades(self, symbol: str, count: int) -> list[Trade]:
        """From fetch_trades."""
        rows = await self._exchange.fetch_trades(await self._unified(symbol), limit=count)
        return sorted(map(_trade, rows))

    async def trade_stream(self, symbol: str) -> AsyncIterator[Trade]:
        """From watch_trades."""
        unified = await self._unified(symbol)
        while True:
            for trade in await self._exchange.watch_trades(unified, params={"name": "aggTrade"}):
                yield _trade(trade)

    async def bar_stream(self, symbol: str) -> AsyncIterator[Bar]:
        """From watch_ohlcv."""
        unified = await self._unified(symbol)
        while True:
            for row in await self._exchange.watch_ohlcv(unified, "1m"):
                yield _bar(row)

    async def _unified(self, symbol: str) -> str:
        await self._exchange.load_markets()
        return self._exchange.markets_by_id[symbol][0]["symbol"]


def _bar(row: list[float]) -> Bar:
    return Bar(int(row[0]), *map(repr, row[1:6]))


def _trade(trade: dict[str, object]) -> Trade:
    # Only a taker is told of; a sell order that took met a buyer who made.
    price, quantity = repr(trade["price"]), repr(trade["amount"])
    return Trade(int(str(trade["id"])), price, quantity, int(str(trade["timestamp"])), trade["side"] == "sell")
