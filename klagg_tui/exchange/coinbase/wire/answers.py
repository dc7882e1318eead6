"""REST answers that hold no market data: the time, and why a request was refused."""

from __future__ import annotations

from typing import Final

from klagg_tui.exchange.fields import body_of, decoded, mapping, words
from klagg_tui.exchange.numerals import rfc3339_ms
from klagg_tui.exchange.venue import Failure

_UNKNOWN: Final = ("notfound", "not found", "product not found", "invalid product")
"""What it says, in lower case, of a product that there is not, or not any more."""


def read_time(raw: bytes) -> int:
    """The exchange's clock, in milliseconds since the epoch; raises BadFrame.

    Of its two fields the text is read: the other is a number of seconds with a fraction.
    """
    return rfc3339_ms(mapping(decoded(raw)).get("iso"))


def read_failure(raw: bytes) -> Failure:
    """The body of a refused request; it may be anything, so this never raises."""
    message = words(body_of(raw).get("message"))
    return Failure(0, message, is_unknown_symbol=message.lower().startswith(_UNKNOWN))
