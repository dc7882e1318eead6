"""Exact numbers: the only module that knows how a price is represented.

A number is an integer count of fixed units: 1e-8 for prices and quantities, 1e-16 for turnover (price x quantity).
Eight decimals are the most the exchange uses anywhere, so one unit serves every symbol, a change of tick size changes
nothing, and Python's integers never overflow or round. Everybody else may add, compare and multiply price by quantity,
and must come here for texts, floats (drawing only) and the packed form on disk.

Measured against `Decimal` with trapped rounding, text to bar to text: see `make bench`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

import orjson

from klagg_tui.errors import BadNumber

Exact: TypeAlias = int
"""A price or quantity in units of 1e-8, or a turnover in units of 1e-16."""

DECIMALS: Final = 8
TURNOVER_DECIMALS: Final = 16

_ONE: Final = 10**DECIMALS
_ONE_TURNOVER: Final = 10**TURNOVER_DECIMALS
_TO_UNITS: Final[tuple[int, ...]] = tuple(10 ** (TURNOVER_DECIMALS - digits) for digits in range(TURNOVER_DECIMALS + 1))


def number(text: str) -> Exact:
    """The price or quantity that a text says.

    Raises:
        BadNumber: not plain ASCII digits with at most one point, or digits other than 0 past the eighth decimal.
    """
    return _parse(text, DECIMALS)


def numbers(texts: Sequence[str]) -> list[Exact]:
    """What `number` says of each text, and 0 where it would raise: for prices, which are mostly new.

    Many are read at once, as one JSON list of integers: without their points, and with a 1 before each, because JSON
    knows no leading zeros. "9.50" becomes 1950; times 1e6 that is 1e9 too much, and both follow from its shape "0.00".
    """
    if len(texts) < _FEW:
        return [_number_or_0(text) for text in texts]
    joined = ",".join(texts)
    try:
        scales = map(_SCALES.__getitem__, _shapes(joined))
        found = [units * scale - excess for units, (scale, excess) in zip(_ones(joined), scales, strict=True)]
    except ValueError:
        found = []
    return found if len(found) == len(texts) else [_number_or_0(text) for text in texts]


def are_amounts(texts: Sequence[str]) -> bool:
    """Whether each text says a number above 0, told without reading them; False also where some are merely unusual."""
    joined = ",".join(texts)
    try:
        shapes = _shapes(joined)
        for shape in set(shapes):
            _SCALES[shape]
    except ValueError:
        return False
    return len(shapes) == len(texts) and not _ZERO(f",{joined},")


_ZERO: Final = re.compile(r",[0.]+,").search
_FEW: Final = 5
"""To begin a list costs as much as so many texts one by one."""
_TO_SHAPE: Final = bytes(ord("0") if chr(byte).isdecimal() else byte for byte in range(256))
"""Every digit becomes 0."""


def _shapes(joined: str) -> list[bytes]:
    return joined.encode().translate(_TO_SHAPE).split(b",")


def _ones(joined: str) -> list[int]:
    ones: list[int] = orjson.loads("[1" + joined.replace(".", "").replace(",", ",1") + "]")
    return ones


class _Scales(dict[bytes, tuple[int, int]]):
    """By shape: what an integer of `_ones` is to be multiplied with, and what is too much then."""

    def __missing__(self, shape: bytes) -> tuple[int, int]:
        whole, _, fraction = shape.partition(b".")
        digits = whole + fraction
        if digits.strip(b"0") or not digits or len(fraction) > DECIMALS or len(digits) > _MOST_DIGITS:
            raise BadNumber(f"nothing of the shape {shape!r} can be read so")
        self[shape] = 10 ** (DECIMALS - len(fraction)), 10 ** (DECIMALS + len(whole))
        return self[shape]


_SCALES: Final = _Scales()
_MOST_DIGITS: Final = 18
"""With the 1 before them still an integer to the decoder, which makes floats of those past 64 bits."""


def _number_or_0(text: str) -> Exact:
    try:
        return number(text)
    except BadNumber:
        return 0


def usual(text: str) -> Exact:
    """What `number` says of a text that is written as most are: for quantities, which mostly came lately.

    Raises:
        IndexError, ValueError: it is no number, zero, or larger than a quantity has been; `number` may still read it.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    value = int(digits) * _UNITS[len(fraction)]
    if not value or value > _LARGEST_USUAL or not digits.isdecimal() or not digits.isascii():
        raise BadNumber(f"{text[:_LONGEST]!r} is unusual")
    if len(_RECENT) >= _REMEMBERED:
        _RECENT.clear()
    _RECENT[text] = value
    return value


_UNITS: Final = _TO_UNITS[TURNOVER_DECIMALS - DECIMALS :]
_LARGEST_USUAL: Final = 1 << 80

_RECENT: Final[dict[str, Exact]] = {}
"""Usual ones of late: sizes are mostly round (86 % of the texts in the recorded six minutes of BTCUSDT came before).
Emptied when full, so that a storm of new ones cannot grow it."""
_REMEMBERED: Final = 2_048
"""Entries: many more would leave the processor's own memory, and then to find one costs what reading it does."""

recent: Final[Callable[[str], Exact | None]] = _RECENT.get
"""`recent(text) or usual(text)` is the number."""


def turnover(text: str) -> Exact:
    """The turnover that `text` says, in units of 1e-16; raises as `number` does, from the 17th decimal on."""
    return _parse(text, TURNOVER_DECIMALS)


def _parse(text: str, decimals: int) -> int:
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    # isdecimal alone would let other scripts' digits through, int() would take "1_0", " 1" and "-1".
    if digits.isdecimal() and digits.isascii() and len(fraction) <= decimals and len(text) <= _LONGEST:
        return int(digits) * _TO_UNITS[TURNOVER_DECIMALS - decimals + len(fraction)]
    if len(text) > _LONGEST:
        raise BadNumber(f"{text[:_LONGEST]!r}... is too long for a number")
    if not (digits.isascii() and digits.isdecimal()):
        raise BadNumber(f"{text!r} is not a number")
    if fraction[decimals:].strip("0"):
        raise BadNumber(f"{text!r} has more than {decimals} decimals")
    return _parse(f"{whole}.{fraction[:decimals]}", decimals)


_LONGEST: Final = 60
"""Characters; 1e12 quantities need 21, a lifetime's turnover needs 37. Longer ones are damage, not data."""


def text(value: Exact, decimals: int | None = None) -> str:
    """The price or quantity as decimal text: `decimals` of them at the least, shortest when None; never rounded."""
    return _text(value, DECIMALS, decimals)


def turnover_text(value: Exact, decimals: int | None = None) -> str:
    """The turnover as decimal text, as `text` does."""
    return _text(value, TURNOVER_DECIMALS, decimals)


def _text(value: int, unit_decimals: int, decimals: int | None) -> str:
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(unit_decimals + 1, "0")
    whole, fraction = digits[:-unit_decimals], digits[-unit_decimals:].rstrip("0")
    if decimals is not None:
        fraction = fraction.ljust(decimals, "0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def decimals_of(value: Exact) -> int:
    """How many decimals the price or quantity needs: 0 to 8."""
    return _decimals(value, DECIMALS)


def turnover_decimals_of(value: Exact) -> int:
    """How many decimals the turnover needs: 0 to 16."""
    return _decimals(value, TURNOVER_DECIMALS)


def _decimals(value: int, unit_decimals: int) -> int:
    if not value:
        return 0
    digits = str(value)
    return max(0, unit_decimals - (len(digits) - len(digits.rstrip("0"))))


def as_decimal(value: Exact) -> Decimal:
    """The price or quantity as a `Decimal`, exactly."""
    return Decimal(text(value))


def turnover_as_decimal(value: Exact) -> Decimal:
    """The turnover as a `Decimal`, exactly."""
    return Decimal(turnover_text(value))


def as_float(value: Exact) -> float:
    """The nearest float of a price or quantity, for drawing and for shares; never to be computed back from."""
    return value / _ONE  # whole by whole: a float as divisor would round twice


def turnover_as_float(value: Exact) -> float:
    """The nearest float of a turnover, for drawing and sorting."""
    return value / _ONE_TURNOVER


def packed(value: Exact, decimals: int) -> int:
    """The price or quantity as an integer count of 10**-decimals, for the disk.

    Raises:
        BadNumber: `decimals` of them do not hold the value.
    """
    return _packed(value, DECIMALS - decimals)


def turnover_packed(value: Exact, decimals: int) -> int:
    """The turnover as an integer count of 10**-decimals; raises as `packed` does."""
    return _packed(value, TURNOVER_DECIMALS - decimals)


_POWERS: Final[tuple[int, ...]] = tuple(10**digits for digits in range(TURNOVER_DECIMALS + 1))


def _packed(value: int, spare: int) -> int:
    mantissa, rest = divmod(value, _POWERS[spare])
    if rest:
        raise BadNumber(f"{spare} decimals fewer than the unit do not hold {value}")
    return mantissa


def unpacked(mantissa: int, decimals: int) -> Exact:
    """The price or quantity back from `packed`."""
    return mantissa * _TO_UNITS[TURNOVER_DECIMALS - DECIMALS + decimals]


def turnover_unpacked(mantissa: int, decimals: int) -> Exact:
    """The turnover back from `turnover_packed`."""
    return mantissa * _TO_UNITS[decimals]
