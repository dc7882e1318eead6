"""python-binance, the asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from binance import AsyncClient, BinanceSocketManager
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from clients.readings import Bar, Contract, Trade


class Client:
    """`AsyncClient` and `BinanceSocketManager`."""

    packages = ("python-binance",)
    notes = (
        "AsyncClient.create() asks the spot exchange first (GET /api/v3/ping, /api/v3/time); it is made without.",
        "kline_futures_socket asks for continuousKline; <symbol>@kline_1m is had from futures_multiplex_socket.",
        "It hands on what the exchange says as it stands, so a wrong type is found by this program, not by the client.",
    )

    def __init__(self, rest_url: str, ws_url: str) -> None:
        self._client = AsyncClient()
        self._client.FUTURES_URL = f"{rest_url}/fapi"
        self._sockets = BinanceSocketManager(self._client, max_queue_size=10_000)
        self._sockets.FSTREAM_URL = f"{ws_url}/"

    async def contracts(self) -> list[Contract]:
        """From futures_exchange_info."""
        return [contract(row) for row in (await self._client.futures_exchange_info())["symbols"]]

    async def bars(self, symbol: str, count: int) -> list[Bar]:
        """From futures_klines."""
        rows = await self._client.futures_klines(symbol=symbol, interval="1m", limit=count)
        return [Bar(*row[:6]) for row in rows]

    async def trades(self, symbol: str, count: int) -> list[Trade]:
        """From futures_aggregate_trades."""
        return [trade(row) for row in await self._client.futures_aggregate_trades(symbol=symbol, limit=count)]

    async def trade_stream(self, symbol: str) -> AsyncIterator[Trade]:
        """From aggtrade_futures_socket."""
        async for event in _events(lambda: self._sockets.aggtrade_futures_socket(symbol)):
            yield trade(event)

    async def bar_stream(self, symbol: str) -> AsyncIterator[Bar]:
        """From futures_multiplex_socket."""
        streams = [f"{symbol.lower()}@kline_1m"]
        async for event in _events(lambda: self._sockets.futures_multiplex_socket(streams)):
            kline = event["k"]
            yield Bar(*(kline[key] for key in "tohlcvx"))


def contract(row: dict) -> Contract:
    """Of a symbol of exchangeInfo."""
    tick = next(rule["tickSize"] for rule in row["filters"] if rule["filterType"] == "PRICE_FILTER")
    return Contract(row["symbol"], tick, None if "PERPETUAL" in row["contractType"] else row["deliveryDate"])


def trade(row: dict) -> Trade:
    """Of a row or an event of an aggregate trade."""
    return Trade(row["a"], row["p"], row["q"], row["T"], row["m"])


async def _events(make: Callable[[], ReconnectingWebsocket]) -> AsyncIterator[dict]:
    async with make() as socket:
        while True:
            message = await socket.recv()
            if message.get("e") == "error":
                raise ConnectionError(f"{message.get('type')}: {message.get('m')}")
            yield message["data"]
