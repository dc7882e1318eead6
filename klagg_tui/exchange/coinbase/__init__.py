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
from klagg_tui.exchange.elsewhere import NamesElsewhere
from klagg_tui.exchange.transport.opening import MakeClient, asked_by
from klagg_tui.exchange.venue import StreamCodec, Venue

_HOSTS: Final = re.compile(r"(api|ws-feed)\.exchange\.coinbase\.com")
"""Its sandbox, at `…-public.sandbox…`, is another market."""

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec() -> StreamCodec:
    from klagg_tui.exchange.coinbase import wire

    return wire.CODEC


def _client() -> MakeClient:
    from klagg_tui.exchange.coinbase.rest import RestClient

    return RestClient


VENUE: Final = Venue(
    key="coinbase",
    name="Coinbase",
    rest_url="https://api.exchange.coinbase.com",
    stream_url="wss://ws-feed.exchange.coinbase.com",
    hosts=_HOSTS,
    requests=REQUESTS,
    streams=STREAMS,
    refusals=REFUSALS,
    blocked_advice=BLOCKED_ADVICE,
    settle_ms=SETTLE_MS,
    contract_types=("SPOT",),
    load_codec=_codec,
    market_data=asked_by(_client, _HOSTS),
    candle=CANDLE,
    doubts=DOUBTS,
    elsewhere=NamesElsewhere("coinbase", lambda symbol: f"{symbol}.COINBASE"),
)
