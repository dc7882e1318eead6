"""Commands over the websocket. A stream is called as its product is: all are of one channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from klagg_tui.exchange.venue import Verb

STREAM_PATH: Final = "/"
MATCHES: Final = "matches"
CHANNELS: Final = (MATCHES, "heartbeat")
"""With the second a message comes each second for each product, so that a connection is never silent."""


def command(verb: Verb, streams: Sequence[str], number: int) -> bytes:  # noqa: ARG001  # no answer says the number
    """A text frame's payload that asks for streams, or ends them."""
    return orjson.dumps({"type": verb, "product_ids": list(streams), "channels": CHANNELS})
