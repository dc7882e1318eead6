"""unicorn-binance: its websocket manager, and its REST manager for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from unicorn_binance_rest_api import BinanceRestApiManager
from unicorn_binance_websocket_api import BinanceWebSocketApiManager

from clients.python_binance import contract, trade
from clients.readings import Bar, Contract, Trade

_EXCHANGE = "binance.com-futures"
_PAUSE_S = 0.005


class _Futures(BinanceRestApiManager):
    def get_server_time(self) -> dict[str, int]:
        """Nothing, which leaves it at this machine's time; only signed requests need another one."""
        return {}


class Client:
    """`BinanceWebSocketApiManager` with output UnicornFy, and `BinanceRestApiManager`."""

    packages = ("unicorn-binance-websocket-api", "unicorn-binance-rest-api", "unicorn-fy")
    notes = (
        "UnicornFy reads a kline's first and last trade id in the wrong place and always says False.",
        "The REST manager asks the spot exchange for its time before anything else (GET /api/v3/time); it is kept from it.",
        "Both managers ask the internet for their newest version unless warn_on_update=False, as it is here.",
    )

    def __init__(self, rest_url: str, ws_url: str) -> None:
        self._rest = _Futures(exchange=_EXCHANGE, warn_on_update=False, disable_colorama=True)
        self._rest.FUTURES_URL = f"{rest_url}/fapi"
        self._sockets = BinanceWebSocketApiManager(
            exchange=_EXCHANGE,
            websocket_base_uri=f"{ws_url}/",
            output_default="UnicornFy",
            warn_on_update=False,
            disable_colorama=True,
        )

    async def contracts(self) -> list[Contract]:
        """From futures_exchange_info."""
        told = await asyncio.to_thread(self._rest.futures_exchange_info)
        return [contract(row) for row in told["symbols"]]

    async def bars(self, symbol: str, count: int) -> list[Bar]:
        """From futures_klines."""
        rows = await asyncio.to_thread(self._rest.futures_klines, symbol=symbol, interval="1m", limit=count)
        return [Bar(*row[:6]) for row in rows]

    async def trades(self, symbol: str, count: int) -> list[Trade]:
        """From futures_aggregate_trades."""
        rows = await asyncio.to_thread(self._rest.futures_aggregate_trades, symbol=symbol, limit=count)
        return [trade(row) for row in rows]

    async def trade_stream(self, symbol: str) -> AsyncIterator[Trade]:
        """From a stream of channel aggTrade."""
        async for event in self._events("aggTrade", symbol):
            yield Trade(
                event["aggregate_trade_id"],
                event["price"],
                event["quantity"],
                event["trade_time"],
                event["is_market_maker"],
            )

    async def bar_stream(self, symbol: str) -> AsyncIterator[Bar]:
        """From a stream of channel kline_1m."""
        names = ("kline_start_time", "open_price", "high_price", "low_price", "close_price", "base_volume", "is_closed")
        async for event in self._events("kline_1m", symbol):
            yield Bar(*(event["kline"][name] for name in names))

    async def _events(self, channel: str, symbol: str) -> AsyncIterator[dict]:
        stream = self._sockets.create_stream([channel], [symbol.lower()], stream_buffer_name=True)
        try:
            while True:
                event = self._sockets.pop_stream_data_from_stream_buffer(stream_buffer_name=stream)
                if not event:
                    await asyncio.sleep(_PAUSE_S)
                elif "event_type" in event:
                    yield event
        finally:
            self._sockets.stop_stream(stream)
