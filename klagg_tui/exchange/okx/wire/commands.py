"""Commands over the websocket: subscribing and unsubscribing, by names of streams such as `trades-all:BTC-USDT`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from klagg_tui.exchange.venue import Verb

STREAM_PATH: Final = "/ws/v5/business"
"""Where `trades-all` is; `/ws/v5/public` refuses it."""
TRADES: Final = "trades-all"
"""Each trade alone. The channel `trades` gives one message for several, whose ids nobody has shown to be without others between."""
PING: Final = b"ping"
PONG: Final = b"pong"
"""Texts, no JSON."""


def stream_name(channel: str, instrument: str) -> str:
    """How a channel of an instrument is called here."""
    return f"{channel}:{instrument}"


def trade_stream(symbol: str) -> str:
    """The stream of a symbol's trades."""
    return stream_name(TRADES, symbol)


def command(verb: Verb, streams: Sequence[str], number: int) -> bytes:
    """A text frame's payload that asks for streams, or ends them."""
    named = (stream.partition(":") for stream in streams)
    arguments = [{"channel": channel, "instId": instrument} for channel, _, instrument in named]
    return orjson.dumps({"id": str(number), "op": verb, "args": arguments})
