"""Hyperliquid's perpetuals: its facts, its JSON and how it is asked. `VENUE` is all that others need of it."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.exchange.elsewhere import NamesElsewhere
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
from klagg_tui.exchange.transport.opening import MakeClient, asked_by
from klagg_tui.exchange.venue import Ids, StreamCodec, Venue

_HOSTS: Final = re.compile(r"api\.hyperliquid\.xyz")  # its test market is at `api.hyperliquid-testnet.xyz`

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec() -> StreamCodec:
    """A new one each time: it remembers the trades of one stream."""
    from klagg_tui.exchange.hyperliquid import wire

    return wire.codec()


def _client() -> MakeClient:
    from klagg_tui.exchange.hyperliquid.rest import RestClient

    return RestClient


VENUE: Final = Venue(
    key="hyperliquid",
    name="Hyperliquid",
    rest_url="https://api.hyperliquid.xyz",
    stream_url="wss://api.hyperliquid.xyz/ws",
    hosts=_HOSTS,
    requests=REQUESTS,
    streams=STREAMS,
    refusals=REFUSALS,
    blocked_advice=BLOCKED_ADVICE,
    settle_ms=10_000,
    contract_types=(PERPETUAL,),
    load_codec=_codec,
    market_data=asked_by(_client, _HOSTS),
    ids=Ids.NONE,
    candle=CANDLE,
    derivatives=DERIVATIVES,
    doubts=DOUBTS,
    elsewhere=NamesElsewhere("hyperliquid", lambda symbol: f"{symbol}-USD-PERP.HYPERLIQUID", is_futures=True),
)
