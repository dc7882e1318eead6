"""OKX: its swaps and its spot market, one package because their wire is one. `SWAP` and `SPOT` are all that others need of it."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.transport.opening import MakeClient, asked_by
from klagg_tui.exchange.venue import StreamCodec, Venue

_HOSTS: Final = re.compile(r"(www|us|eea|ws|wsus|wseea)\.okx\.com")
"""Everybody's, and those of the United States with Australia (us) and of Europe (eea). Demo trading is at `wspap`."""

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec(market: facts.Market) -> StreamCodec:
    """Without a listing: it knows what sizes of the spot market are, and of no contract what it is worth."""
    from klagg_tui.exchange.okx.wire.frames import codec
    from klagg_tui.exchange.units import SpotContracts

    return codec(SpotContracts() if market is facts.SPOT else {})


def _client(market: facts.Market) -> MakeClient:
    from klagg_tui.exchange.okx.rest import RestClient

    return partial(RestClient, market)


def _venue(market: facts.Market) -> Venue:
    return Venue(
        key=market.key,
        name=market.name,
        rest_url="https://www.okx.com",
        stream_url="wss://ws.okx.com:8443/ws/v5/business",
        hosts=_HOSTS,
        requests=facts.REQUESTS,
        streams=facts.STREAMS,
        refusals=facts.REFUSALS,
        blocked_advice=facts.BLOCKED_ADVICE,
        settle_ms=10_000,
        contract_types=market.contract_types,
        load_codec=partial(_codec, market),
        market_data=asked_by(partial(_client, market), _HOSTS),
        candle=facts.CANDLE,
        doubts=facts.DOUBTS,
        elsewhere=market.elsewhere,
    )


SWAP: Final = _venue(facts.SWAP)
SPOT: Final = _venue(facts.SPOT)
