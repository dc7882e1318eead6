"""Kraken, spot: its facts, its JSON and how it is asked. `VENUE` is all that others need of it."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.exchange.elsewhere import NamesElsewhere
from klagg_tui.exchange.kraken import facts
from klagg_tui.exchange.transport.opening import MakeClient, asked_by
from klagg_tui.exchange.venue import Ids, StreamCodec, Venue

_HOSTS: Final = re.compile(r"(api|ws)\.kraken\.com")

# Imports inside these two: who only reads facts, as every command does, loads no JSON and no HTTP library.


def _codec() -> StreamCodec:
    from klagg_tui.exchange.kraken.wire.frames import CODEC

    return CODEC


def _client() -> MakeClient:
    from klagg_tui.exchange.kraken.rest import RestClient

    return RestClient


VENUE: Final = Venue(
    key="kraken",
    name="Kraken",
    rest_url="https://api.kraken.com",
    stream_url="wss://ws.kraken.com/v2",
    hosts=_HOSTS,
    requests=facts.REQUESTS,
    streams=facts.STREAMS,
    refusals=facts.REFUSALS,
    blocked_advice=facts.BLOCKED_ADVICE,
    settle_ms=facts.SETTLE_MS,
    contract_types=("SPOT",),
    load_codec=_codec,
    market_data=asked_by(_client, _HOSTS),
    ids=Ids.DENSE_IN_REST,
    candle=facts.CANDLE,
    repair_after_ms=facts.REPAIR_AFTER_MS,
    doubts=facts.DOUBTS,
    elsewhere=NamesElsewhere("kraken", lambda symbol: f"{symbol}.KRAKEN"),
)
