"""Kraken, spot: its facts, its JSON and how it is asked. `VENUE` is all that others need of it."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.exchange.kraken import facts
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import Ids, MarketData, StreamCodec, Venue

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec() -> StreamCodec:
    from klagg_tui.exchange.kraken.wire.frames import CODEC

    return CODEC


def _market_data(rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
    from klagg_tui.exchange.kraken.rest import RestClient
    from klagg_tui.exchange.transport.clock import ExchangeClock

    clock = ExchangeClock(start_ms, steady_ms())
    return RestClient(rest_url, clock, proxy=proxy, has_speed=not VENUE.is_at(rest_url))


VENUE: Final = Venue(
    key="kraken",
    name="Kraken",
    rest_url="https://api.kraken.com",
    stream_url="wss://ws.kraken.com/v2",
    hosts=re.compile(r"(api|ws)\.kraken\.com"),
    requests=facts.REQUESTS,
    streams=facts.STREAMS,
    refusals=facts.REFUSALS,
    blocked_advice=facts.BLOCKED_ADVICE,
    settle_ms=facts.SETTLE_MS,
    contract_types=("SPOT",),
    load_codec=_codec,
    market_data=_market_data,
    ids=Ids.DENSE_IN_REST,
    candle=facts.CANDLE,
    repair_after_ms=facts.REPAIR_AFTER_MS,
    doubts=facts.DOUBTS,
)
