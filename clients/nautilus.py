"""nautilus_trader: its instrument provider, REST and data client for the exchange, without a trading node around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from nautilus_trader.adapters.binance.common.enums import BinanceAccountType, BinanceKlineInterval
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig
from nautilus_trader.adapters.binance.futures.data import BinanceFuturesDataClient
from nautilus_trader.adapters.binance.futures.http.market import BinanceFuturesMarketHttpAPI
from nautilus_trader.adapters.binance.futures.providers import BinanceFuturesInstrumentProvider
from nautilus_trader.adapters.binance.http.client import BinanceHttpClient
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.core.nautilus_pyo3 import HttpMethod
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import SubscribeBars, SubscribeTradeTicks
from nautilus_trader.model.data import Bar as NautilusBar
from nautilus_trader.model.data import BarType, TradeTick
from nautilus_trader.model.enums import AggressorSide
from nautilus_trader.model.identifiers import InstrumentId, TraderId

from clients.readings import Bar, Contract, Trade

_USDT_FUTURES: Final = BinanceAccountType.USDT_FUTURES
_NS: Final = 1_000_000
_MINUTE_MS: Final = 60_000
_ACCOUNT: Final = {
    "feeTier": 0,
    "canTrade": True,
    "canDeposit": True,
    "canWithdraw": True,
    "updateTime": 0,
    "assets": [],
}
"""The least of `/fapi/v2/account` that its provider reads."""


class Client:
    """`BinanceFuturesInstrumentProvider`, `BinanceFuturesMarketHttpAPI` and `BinanceFuturesDataClient`."""

    packages = ("nautilus-trader",)
    notes = (
        "Its provider asks a signed GET /fapi/v2/account before it makes a contract; that answer is made up here.",
        "Its own websocket address lacks /market and has been silent since April 2026; base_url_ws ends in /market here.",
        "It knows no contractType TRADIFI_PERPETUAL and leaves such contracts out.",
        "It makes nanoseconds by way of floats, some hundred off; they are rounded to milliseconds here.",
        "Of a bar of the websocket only the closed one is handed on.",
    )

    def __init__(self, rest_url: str, ws_url: str) -> None:
        clock = LiveClock()
        http = _Unsigned(clock, api_key="", api_secret="", base_url=rest_url)
        self._told: asyncio.Queue[object] = asyncio.Queue()
        bus = MessageBus(TraderId("KLAGG-001"), clock)
        bus.register("DataEngine.process", self._told.put_nowait)
        self._clock = clock
        self._rest = BinanceFuturesMarketHttpAPI(http, account_type=_USDT_FUTURES)
        self._provider = BinanceFuturesInstrumentProvider(http, clock, account_type=_USDT_FUTURES)
        self._data = BinanceFuturesDataClient(
            loop=asyncio.get_running_loop(),
            client=http,
            msgbus=bus,
            cache=Cache(),
            clock=clock,
            instrument_provider=self._provider,
            base_url_ws=f"{ws_url}/market",
            config=BinanceDataClientConfig(account_type=_USDT_FUTURES, use_agg_trade_ticks=True),
        )

    async def contracts(self) -> list[Contract]:
        """From load_all_async."""
        await self._provider.load_all_async()
        return [
            Contract(
                instrument.raw_symbol.value,
                str(instrument.price_increment),
                (instrument.expiration_ns + _NS // 2) // _NS if hasattr(instrument, "expiration_ns") else None,
            )
            for instrument in self._provider.list_all()
        ]

    async def bars(self, symbol: str, count: int) -> list[Bar]:
        """From request_binance_bars."""
        found = await self._rest.request_binance_bars(_bar_type(symbol), BinanceKlineInterval.MINUTE_1, limit=count)
        return [_bar(bar) for bar in found]

    async def trades(self, symbol: str, count: int) -> list[Trade]:
        """From request_agg_trade_ticks."""
        return [_trade(tick) for tick in await self._rest.request_agg_trade_ticks(_instrument(symbol), limit=count)]

    async def trade_stream(self, symbol: str) -> AsyncIterator[Trade]:
        """From subscribe_trade_ticks."""
        self._data.subscribe_trade_ticks(
            SubscribeTradeTicks(
                instrument_id=_instrument(symbol),
                client_id=self._data.id,
                venue=self._data.venue,
                command_id=UUID4(),
                ts_init=self._clock.timestamp_ns(),
            )
        )
        while True:
            told = await self._told.get()
            if isinstance(told, TradeTick):
                yield _trade(told)

    async def bar_stream(self, symbol: str) -> AsyncIterator[Bar]:
        """From subscribe_bars."""
        self._data.subscribe_bars(
            SubscribeBars(
                bar_type=_bar_type(symbol),
                client_id=self._data.id,
                venue=self._data.venue,
                command_id=UUID4(),
                ts_init=self._clock.timestamp_ns(),
            )
        )
        while True:
            told = await self._told.get()
            if isinstance(told, NautilusBar):
                yield _bar(told)._replace(is_closed=True)


class _Unsigned(BinanceHttpClient):
    async def sign_request(
        self,
        http_method: HttpMethod,
        url_path: str,
        payload: dict[str, str] | None = None,
        ratelimiter_keys: list[str] | None = None,
    ) -> bytes:
        if url_path == "/fapi/v2/account":
            return msgspec.json.encode(_ACCOUNT)
        return await super().sign_request(http_method, url_path, payload, ratelimiter_keys)


def _instrument(symbol: str) -> InstrumentId:
    return InstrumentId.from_str(f"{symbol}-PERP.BINANCE")


def _bar_type(symbol: str) -> BarType:
    return BarType.from_str(f"{_instrument(symbol)}-1-MINUTE-LAST-EXTERNAL")


def _bar(bar: NautilusBar) -> Bar:
    # Its moment is that of the bar's last millisecond.
    open_ms = bar.ts_event // _NS // _MINUTE_MS * _MINUTE_MS
    return Bar(open_ms, str(bar.open), str(bar.high), str(bar.low), str(bar.close), str(bar.volume))


def _trade(tick: TradeTick) -> Trade:
    traded_ms = (tick.ts_event + _NS // 2) // _NS
    made = tick.aggressor_side == AggressorSide.SELLER
    return Trade(int(tick.trade_id.value), str(tick.price), str(tick.size), traded_ms, made)
