"""The ear of a probe: what it heard without a break, and what not."""

from __future__ import annotations

import asyncio

from klagg_tui.exchange.registry import venue
from klagg_tui.probing.listening import listening, until_served
from klagg_tui.simulator import MarketSpec, SimulatedExchange

_SPEC = MarketSpec(symbols=3, activity=60.0)


async def test_symbols_are_lost_with_their_connection_and_not_at_the_end() -> None:
    binance = venue()
    async with (
        SimulatedExchange(_SPEC, speed=60, faults="none") as exchange,
        binance.market_data(exchange.rest_url, exchange.now_ms()) as data,
    ):
        await data.sync()
        symbols = [one.symbol for one in (await data.instruments()).instruments]
        begun_ms = data.now_ms() - data.error_ms()
        async with listening(binance, data, exchange.ws_url, symbols, None) as heard:
            await until_served(data, heard, symbols, 60_000)
            while not heard.count:  # noqa: ASYNC110 - a stream tells nobody what it brought
                await asyncio.sleep(0.01)
        assert set(heard.served) == set(symbols)
        assert min(heard.served.values()) >= begun_ms
        assert not heard.lost
        async with listening(binance, data, exchange.ws_url, symbols, None) as heard:
            await until_served(data, heard, symbols, 60_000)
            exchange.strike("cut")
            while len(heard.lost) < len(symbols):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
