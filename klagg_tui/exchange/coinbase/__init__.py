"""Coinbase Exchange, spot: its facts, its JSON and how it is asked. `VENUE` is all that others need of it."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.exchange.coinbase.facts import (
    BLOCKED_ADVICE,
    CANDLE,
    DOUBTS,
    REFUSALS,
    REQUESTS,
    SETTLE_MS,
    STREAMS,
)
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import MarketData, StreamCodec, Venue

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec() -> StreamCodec:
    from klagg_tui.exchange.coinbase import wire

    return wire.CODEC


def _market_data(rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
    from klagg_tui.exchange.coinbase.rest import RestClient
    from klagg_tui.exchange.transport.clock import ExchangeClock

    clock = ExchangeClock(start_ms, steady_ms())
    return RestClient(rest_url, clock, proxy=proxy, has_speed=not VENUE.is_at(rest_url))


VENUE: Final = Venue(
    key="coinbase",
    name="Coinbase",
    rest_url="https://api.exchange.coinbase.com",
    stream_url="wss://ws-feed.exchange.coinbase.com",
    hosts=re.compile(
        r"(api|ws-feed)\.exchange\.coinbase\.com"
    ),  # its sandbox, at `…-public.sandbox…`, is another market
    requests=REQUESTS,
    streams=STREAMS,
    refusals=REFUSALS,
    blocked_advice=BLOCKED_ADVICE,
    settle_ms=SETTLE_MS,
    contract_types=("SPOT",),
    load_codec=_codec,
    market_data=_market_data,
    candle=CANDLE,
    doubts=DOUBTS,
)
