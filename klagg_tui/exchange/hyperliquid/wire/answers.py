"""Answers that hold no market data: the time, and why a request was refused."""

from __future__ import annotations

from klagg_tui.exchange import fields
from klagg_tui.exchange.venue import Failure


def read_time(raw: bytes) -> int:
    """The exchange's clock, from its `exchangeStatus`, in milliseconds since the epoch; raises BadFrame."""
    return fields.moment(fields.mapping(fields.decoded(raw)).get("time"))


def read_failure(raw: bytes) -> Failure:
    """The body of a refused request: a sentence, or nothing; it may be anything, so this never raises.

    A coin that there is not is answered with `null` and status 500, as is much else: it proves nothing.
    """
    return Failure(message=raw[:500].decode(errors="replace").strip().strip('"'))
