"""Commands over the websocket: one coin each, and a ping. A stream goes by its coin: upper and lower case are different coins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from klagg_tui.exchange.venue import Verb

STREAM_PATH: Final = "/ws"
PING: Final = b'{"method":"ping"}'


def command(verb: Verb, streams: Sequence[str], number: int) -> bytes:  # noqa: ARG001  # no answer says the number
    """A text frame's payload that asks for a stream, or ends it."""
    (coin,) = streams  # by the limits of the exchange
    return orjson.dumps({"method": verb, "subscription": {"type": "trades", "coin": coin}})
