"""Commands over the websocket, version 2. A stream is called as its pair is: all are of one channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from klagg_tui.exchange.venue import Verb

STREAM_PATH: Final = "/v2"
TRADE: Final = "trade"
PING: Final = b'{"method":"ping"}'


def command(verb: Verb, streams: Sequence[str], number: int) -> bytes:
    """A text frame's payload that asks for streams, without the last fifty trades of each, or ends them."""
    snapshot = {"snapshot": False} if verb == "subscribe" else {}
    parameters = {"channel": TRADE, "symbol": list(streams), **snapshot}
    return orjson.dumps({"method": verb, "params": parameters, "req_id": number})
