"""Commands over the websocket. A stream is called as its product is: all are of one channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

STREAM_PATH: Final = "/"
MATCHES: Final = "matches"
CHANNELS: Final = (MATCHES, "heartbeat")
"""With the second a message comes each second for each product, so that a connection is never silent."""


def trade_stream(symbol: str) -> str:
    """The stream of a product's trades."""
    return symbol


def subscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002, ARG001  # no answer says it
    """A text frame's payload that asks for streams."""
    return _command("subscribe", streams)


def unsubscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002, ARG001
    """A text frame's payload that ends streams."""
    return _command("unsubscribe", streams)


def _command(kind: str, streams: Sequence[str]) -> bytes:
    return orjson.dumps({"type": kind, "product_ids": list(streams), "channels": CHANNELS})
