"""Binance USDⓈ-M futures: its facts, its JSON and how it is asked. `VENUE` is all that others need of it."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.exchange.binance.facts import BLOCKED_ADVICE, REFUSALS, REQUESTS, STREAMS
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import MarketData, StreamCodec, Venue

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec() -> StreamCodec:
    from klagg_tui.exchange.binance import wire

    return wire.CODEC


def _market_data(rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
    from klagg_tui.exchange.binance.rest import RestClient
    from klagg_tui.exchange.transport.clock import ExchangeClock

    # Only an imitation has a pace of its own: the exchange's time runs as fast as the world's whatever an answer says.
    clock = ExchangeClock(start_ms, steady_ms())
    return RestClient(rest_url, clock, proxy=proxy, has_speed=not VENUE.is_at(rest_url))


VENUE: Final = Venue(
    key="binance-um",
    name="Binance USDⓈ-M",
    rest_url="https://fapi.binance.com",
    stream_url="wss://fstream.binance.com/market/stream",
    hosts=re.compile(r"(fapi|fstream)\d?\.binance\.com"),  # its test market, at `demo-fapi`, is another one
    requests=REQUESTS,
    streams=STREAMS,
    refusals=REFUSALS,
    blocked_advice=BLOCKED_ADVICE,
    settle_ms=10_000,
    contract_types=("PERPETUAL", "TRADIFI_PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER"),
    load_codec=_codec,
    market_data=_market_data,
)
