"""REST answers that hold no market data: the time, and why a request was refused."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.exchange import fields
from klagg_tui.exchange.binance.facts import UNKNOWN_SYMBOL
from klagg_tui.exchange.venue import Failure

_BANNED_UNTIL: Final = re.compile(r"banned until (\d{12,14})\b")
"""In the text of error -1003."""


def read_time(raw: bytes) -> int:
    """The exchange's clock, in milliseconds since the epoch; raises BadFrame."""
    return fields.moment(fields.mapping(fields.decoded(raw)).get("serverTime"))


def read_failure(raw: bytes) -> Failure:
    """The body of a refused request; it may be anything, so this never raises."""
    body = fields.body_of(raw)
    code, message = body.get("code"), fields.words(body.get("msg"))
    until = _BANNED_UNTIL.search(message)
    return Failure(
        code if type(code) is int else 0,
        message,
        int(until[1]) if until else None,
        type(code) is int and code in UNKNOWN_SYMBOL,
    )
