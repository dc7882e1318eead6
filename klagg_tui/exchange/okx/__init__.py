"""OKX: its swaps and its spot market, one package because their wire is one. `SWAP` and `SPOT` are all that others need of it."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import MarketData, StreamCodec, Venue

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec(market: facts.Market) -> StreamCodec:
    """Without a listing: it knows what sizes of the spot market are, and of no contract what it is worth."""
    from klagg_tui.exchange.okx.wire.frames import codec
    from klagg_tui.exchange.units import SpotContracts

    return codec(SpotContracts() if market is facts.SPOT else {})


def _market_data(market: facts.Market, rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
    from klagg_tui.exchange.okx.rest import RestClient
    from klagg_tui.exchange.transport.clock import ExchangeClock

    # Only an imitation has a pace of its own: the exchange's time runs as fast as the world's whatever an answer says.
    clock = ExchangeClock(start_ms, steady_ms())
    return RestClient(market, rest_url, clock, proxy=proxy, has_speed=not SWAP.is_at(rest_url))


def _venue(market: facts.Market) -> Venue:
    return Venue(
        key=market.key,
        name=market.name,
        rest_url="https://www.okx.com",
        stream_url="wss://ws.okx.com:8443/ws/v5/business",
        # Everybody's, and those of the United States with Australia (us) and of Europe (eea). Demo trading is at `wspap`.
        hosts=re.compile(r"(www|us|eea|ws|wsus|wseea)\.okx\.com"),
        requests=facts.REQUESTS,
        streams=facts.STREAMS,
        refusals=facts.REFUSALS,
        blocked_advice=facts.BLOCKED_ADVICE,
        settle_ms=10_000,
        contract_types=market.contract_types,
        load_codec=partial(_codec, market),
        market_data=partial(_market_data, market),
        candle=facts.CANDLE,
        doubts=facts.DOUBTS,
    )


SWAP: Final = _venue(facts.SWAP)
SPOT: Final = _venue(facts.SPOT)
