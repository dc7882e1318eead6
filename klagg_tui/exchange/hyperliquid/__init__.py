"""Hyperliquid's perpetuals: its facts, its JSON and how it is asked. `VENUE` is all that others need of it."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.exchange.hyperliquid.facts import (
    BLOCKED_ADVICE,
    CANDLE,
    DERIVATIVES,
    DOUBTS,
    PERPETUAL,
    REFUSALS,
    REQUESTS,
    STREAMS,
)
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import Ids, MarketData, StreamCodec, Venue

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec() -> StreamCodec:
    """A new one each time: it remembers the trades of one stream."""
    from klagg_tui.exchange.hyperliquid import wire

    return wire.codec()


def _market_data(rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
    from klagg_tui.exchange.hyperliquid.rest import RestClient
    from klagg_tui.exchange.transport.clock import ExchangeClock

    # Only an imitation has a pace of its own: the exchange's time runs as fast as the world's whatever an answer says.
    clock = ExchangeClock(start_ms, steady_ms())
    return RestClient(rest_url, clock, proxy=proxy, has_speed=not VENUE.is_at(rest_url))


VENUE: Final = Venue(
    key="hyperliquid",
    name="Hyperliquid",
    rest_url="https://api.hyperliquid.xyz",
    stream_url="wss://api.hyperliquid.xyz/ws",
    hosts=re.compile(r"api\.hyperliquid\.xyz"),  # its test market is at `api.hyperliquid-testnet.xyz`
    requests=REQUESTS,
    streams=STREAMS,
    refusals=REFUSALS,
    blocked_advice=BLOCKED_ADVICE,
    settle_ms=10_000,
    contract_types=(PERPETUAL,),
    load_codec=_codec,
    market_data=_market_data,
    ids=Ids.NONE,
    candle=CANDLE,
    derivatives=DERIVATIVES,
    doubts=DOUBTS,
)
