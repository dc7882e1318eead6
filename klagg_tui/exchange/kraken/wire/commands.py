"""Commands over the websocket, version 2. A stream is called as its pair is: all are of one channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

STREAM_PATH: Final = "/v2"
TRADE: Final = "trade"
PING: Final = b'{"method":"ping"}'


def trade_stream(symbol: str) -> str:
    """The stream of a pair's trades."""
    return symbol


def subscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002  # the protocol's own word is req_id
    """A text frame's payload that asks for streams, without the last fifty trades of each."""
    return _command("subscribe", streams, id, snapshot=False)


def unsubscribe(streams: Sequence[str], id: int) -> bytes:  # noqa: A002
    """A text frame's payload that ends streams."""
    return _command("unsubscribe", streams, id)


def _command(method: str, streams: Sequence[str], number: int, **further: bool) -> bytes:
    parameters = {"channel": TRADE, "symbol": list(streams), **further}
    return orjson.dumps({"method": method, "params": parameters, "req_id": number})
