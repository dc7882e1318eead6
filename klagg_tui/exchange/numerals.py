"""Numbers and times as exchanges write them, without a digit lost: none of them goes by way of a float. Pure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Context, Decimal, DecimalException, Inexact
from functools import lru_cache
from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import LARGEST, LATEST_MS, Json

_LONGEST: Final = 48
"""Characters of a number, and decimal places either side of the point: more is damage, and costs time."""
_MOST_DIGITS: Final = len(str(LARGEST))
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_EXACT: Final = Context(prec=4 * _LONGEST, traps=[Inexact])


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no number")


_DECODER: Final = json.JSONDecoder(parse_float=str, parse_constant=_refuse)
"""The standard library's: 7 µs for a trade where orjson takes 2, which has only floats to give. A float of a text with more
than 15 digits may show other digits, and does not show that there were more."""


def decoded_exactly(raw: bytes | str) -> Json:
    """The JSON value in `raw`, with numbers that have a fraction or an exponent as the texts that they are.

    Raises:
        BadFrame: it is none; also where it is nested deeper than the decoder goes, or no UTF-8.
    """
    try:
        value: Json = _DECODER.decode(raw if isinstance(raw, str) else raw.decode())
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"a message is no JSON: {error}") from error
    return value


def number_text(value: Json) -> str:
    """A number of `decoded_exactly` as plain decimal text: whole, with a fraction, or with an exponent.

    Raises:
        BadFrame: it is none, or negative, or has more digits than any price or quantity.
    """
    if type(value) is int and 0 <= value < 10**_LONGEST:
        return str(value)
    if type(value) is not str or len(value) > _LONGEST:
        raise BadFrame("a number was expected")
    return value if _PLAIN.fullmatch(value) else _expanded(value)


def _expanded(value: str) -> str:
    """1.5e-7 as 0.00000015."""
    try:
        number = Decimal(value)
        if value.isascii() and number.is_finite() and not number.is_signed() and abs(number.adjusted()) < _LONGEST:
            return f"{number:f}"
    except DecimalException:
        pass
    raise BadFrame("a number was expected")


def digits(value: Json) -> int:
    """The number from 0 to `LARGEST` that a text of digits says, or BadFrame."""
    if type(value) is not str or not value.isascii() or not value.isdecimal() or len(value) > _MOST_DIGITS:
        raise BadFrame("an id, a time or a count is no text of digits within range")
    return fields.whole(int(value))


def moment_of_digits(value: Json) -> int:
    """A time in milliseconds since the epoch that a text of digits says, or BadFrame."""
    return fields.moment(digits(value))


@lru_cache(maxsize=65_536)
def product(first: str, second: str) -> str:
    """The exact product of two plain decimal texts, such as contracts x the value of one, which come again and again; no closing zeros.

    Raises:
        BadFrame: one of them is no plain number.
    """
    for each in (first, second):
        if len(each) > _LONGEST or not _PLAIN.fullmatch(each):
            raise BadFrame("a number was expected")
    text = f"{_EXACT.multiply(Decimal(first), Decimal(second)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(text: str) -> int:
    """How many decimals a plain number needs; raises BadFrame."""
    return len(product(text, "1").partition(".")[2])


_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):([0-5]\d)(?:\.(\d{1,12}))?(?:Z|\+00:00)", re.ASCII)


def rfc3339_ms(value: Json) -> int:
    """Milliseconds since the epoch of a time such as 2023-09-25T07:49:37.708706Z, finer ones cut off.

    Raises:
        BadFrame: it is none, or not of UTC, or out of range.
    """
    if type(value) is str and (found := _TIME.fullmatch(value)):
        minute, second, fraction = found.groups()
        return _minute_ms(minute) + int(second) * 1_000 + _thousandths(fraction or "")
    raise BadFrame("a time such as 2023-09-25T07:49:37.708706Z was expected")


@lru_cache(maxsize=256)
def _minute_ms(text: str) -> int:
    """Most times of a stream lie in the same few minutes."""
    try:
        minute = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadFrame(f"there is no such time: {error}") from error
    found = int(minute.timestamp()) * 1_000
    if not 0 <= found < LATEST_MS:
        raise BadFrame("a time is out of range")
    return found


def seconds_ms(value: Json) -> int:
    """Milliseconds of a number of seconds in `decoded_exactly`, finer ones cut off.

    Raises:
        BadFrame: it is none, or out of range.
    """
    whole, _, fraction = number_text(value).partition(".")
    found = int(whole) * 1_000 + _thousandths(fraction)
    if found >= LATEST_MS:
        raise BadFrame("a time is out of range")
    return found


def _thousandths(fraction: str) -> int:
    return int(fraction[:3].ljust(3, "0"))
