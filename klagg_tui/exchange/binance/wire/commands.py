"""Commands over the websocket: subscribing and unsubscribing. Names of streams are lower case and UTF-8."""

from __future__ import annotations

from collections.abc import Sequence

import orjson


def trade_stream(symbol: str) -> str:
    """The stream of a symbol's aggregate trades. In upper case it would be acknowledged and stay silent."""
    return f"{symbol.lower()}@aggTrade"


def subscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002  # the protocol's own word
    """A text frame's payload that asks for streams."""
    return _command("SUBSCRIBE", id, streams)


def unsubscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002
    """A text frame's payload that ends streams."""
    return _command("UNSUBSCRIBE", id, streams)


def _command(method: str, number: int, streams: Sequence[str]) -> bytes:
    return orjson.dumps({"method": method, "params": list(streams), "id": number})
