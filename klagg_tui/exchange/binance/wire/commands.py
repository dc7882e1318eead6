"""Commands over the websocket: subscribing and unsubscribing. Names of streams are lower case and UTF-8."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from klagg_tui.exchange.venue import Verb


def trade_stream(symbol: str) -> str:
    """The stream of a symbol's aggregate trades. In upper case it would be acknowledged and stay silent."""
    return f"{symbol.lower()}@aggTrade"


def command(verb: Verb, streams: Sequence[str], number: int) -> bytes:
    """A text frame's payload that asks for streams, or ends them."""
    return orjson.dumps({"method": verb.upper(), "params": list(streams), "id": number})
