"""Commands over the websocket: one coin each, and a ping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

STREAM_PATH: Final = "/ws"
PING: Final = b'{"method":"ping"}'


def trade_stream(symbol: str) -> str:
    """The stream of a coin's trades goes by the coin: upper and lower case are different coins."""
    return symbol


def subscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002, ARG001  # commands have no number here
    """A text frame's payload that asks for a stream."""
    return _command("subscribe", streams)


def unsubscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002, ARG001
    """A text frame's payload that ends a stream."""
    return _command("unsubscribe", streams)


def _command(method: str, streams: Sequence[str]) -> bytes:
    (coin,) = streams  # by the limits of the exchange
    return orjson.dumps({"method": method, "subscription": {"type": "trades", "coin": coin}})
