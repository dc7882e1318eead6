"""What can be damaged in a trade's JSON, whichever venue's it is: its fields are named, the rest is the same for all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

Way: TypeAlias = Callable[[bytes], bytes]


class Spoil(NamedTuple):
    """How frames of one venue are spoilt."""

    ways: tuple[Way, ...]
    """Each makes a frame unreadable, and none makes it another readable trade."""
    later: Callable[[bytes, int], bytes]
    """The same trade so many milliseconds later."""


def spoil_of(
    price: bytes,
    quantity: bytes,
    trade_id: bytes,
    time: bytes,
    *,
    too_fine: bytes = b"1.123456789",
    quote: bytes = b'"',
) -> Spoil:
    """For trades with these fields, times in milliseconds or as RFC 3339.

    Args:
        price: name of the field, as the rest.
        quantity: always above 0.
        trade_id: by which trades follow each other.
        time: when it was traded.
        too_fine: a price with more decimals than the venue ever writes.
        quote: around numbers; empty where they are JSON numbers.
    """

    def text(value: bytes) -> bytes:
        return quote + value + quote

    return Spoil(
        (
            lambda payload: payload[: len(payload) // 2],
            lambda payload: with_value(payload, price, text(b"nan")),
            lambda payload: with_value(payload, quantity, text(b"-1.5")),
            lambda payload: with_value(payload, trade_id, b"1e400"),
            lambda payload: with_value(payload, time, b"null"),
            lambda payload: with_value(payload, price, text(too_fine)),
            lambda _payload: b"[" * 100_000,
            lambda payload: payload.replace(b'"%b":' % trade_id, b'"%b":' % trade_id.swapcase()),
            lambda _payload: b"{}",
            lambda _payload: b"null",
        ),
        lambda payload, by_ms: with_value(payload, time, _later(value_of(payload, time), by_ms)),
    )


def value_of(payload: bytes, field: bytes) -> bytes:
    """What stands in one field of the message, quotes included."""
    found = _field(field).search(payload)
    assert found is not None, (field, payload)
    return found[1]


def with_value(payload: bytes, field: bytes, value: bytes) -> bytes:
    """The message with another value in one field."""
    return _field(field).sub(lambda found: found[0][: -len(found[1])] + value, payload, count=1)


def _field(field: bytes) -> re.Pattern[bytes]:
    return re.compile(rb'"%b":("[^"]*"|[^,}\]]+)' % re.escape(field))


def _later(value: bytes, by_ms: int) -> bytes:
    bare = value.strip(b'"')
    if bare.isdigit():
        return value.replace(bare, b"%d" % (int(bare) + by_ms))
    moved = datetime.fromisoformat(bare.decode()) + timedelta(milliseconds=by_ms)
    return value.replace(bare, moved.isoformat(timespec="microseconds").replace("+00:00", "Z").encode())
