"""Texts into exact numbers: one by one, many at once, and those that came lately without reading them again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import orjson

from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS, Exact
from klagg_tui.errors import BadNumber


def price(text: str, decimals: int = PRICE_DECIMALS) -> Exact:
    """The price that a text says, in units of 1e-12; of an exchange that writes no more than so many `decimals`.

    Raises:
        BadNumber: not plain ASCII digits with at most one point, digits other than 0 past these decimals, or more than 18
            before the point: no price, no quantity and no sum of them was ever that large.
    """
    return _parse(text, decimals, _MOST_DIGITS) * _POWERS[PRICE_DECIMALS - decimals]


def quantity(text: str) -> Exact:
    """The quantity that a text says, in units of 1e-8; raises as `price` does, from the ninth decimal on."""
    return _parse(text, QUANTITY_DECIMALS, _MOST_DIGITS)


def turnover(text: str) -> Exact:
    """The turnover that a text says, in units of 1e-20; raises as `price` does, from the 21st decimal on."""
    return _parse(text, TURNOVER_DECIMALS, _MOST_DIGITS)


def prices(texts: Sequence[str]) -> list[Exact]:
    """What `price` says of each text, and 0 where it would raise: prices are mostly new, and none is 0.

    Many are read at once, as one JSON list of integers: without their points, and with a 1 before each, because JSON
    knows no leading zeros. "9.50" becomes 1950; times 1e10 that is 1e13 too much, and both follow from its shape "0.00".
    """
    if len(texts) < _FEW:
        return [_price_or_0(text) for text in texts]
    joined = ",".join(texts)
    try:
        scales = map(_SCALES.__getitem__, _shapes(joined))
        found = [units * scale - excess for units, (scale, excess) in zip(_ones(joined), scales, strict=True)]
    except ValueError:
        found = []
    return found if len(found) == len(texts) else [_price_or_0(text) for text in texts]


def are_amounts(texts: Sequence[str], decimals: int) -> bool:
    """Whether each text says a number above 0 of at most so many decimals, 12 being the most, found out without reading them.

    False also where some are merely unusual.
    """
    joined = ",".join(texts)
    least = _POWERS[PRICE_DECIMALS - decimals]
    try:
        shapes = _shapes(joined)
        is_fine = all(_SCALES[shape][0] >= least for shape in set(shapes))
    except ValueError:
        return False
    return is_fine and len(shapes) == len(texts) and not _ZERO(f",{joined},")


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
    """By shape of a price: what an integer of `_ones` is to be multiplied with, and what is too much then."""

    def __missing__(self, shape: bytes) -> tuple[int, int]:
        whole, _, fraction = shape.partition(b".")
        digits = whole + fraction
        if digits.strip(b"0") or not digits or len(fraction) > PRICE_DECIMALS or len(digits) > _MOST_DIGITS:
            raise BadNumber(f"nothing of the shape {shape!r} can be read so")
        self[shape] = 10 ** (PRICE_DECIMALS - len(fraction)), 10 ** (PRICE_DECIMALS + len(whole))
        return self[shape]


_SCALES: Final = _Scales()
_MOST_DIGITS: Final = 18
"""With the 1 before them still an integer to the decoder, which makes floats of those past 64 bits; before the point the
most that any number has, and that a file of 38 digits holds beside the 20 decimals of a turnover."""


def _price_or_0(text: str) -> Exact:
    try:
        return _parse(text, PRICE_DECIMALS, _MOST_DIGITS)
    except BadNumber:
        return 0


def parse_cached(text: str) -> Exact:
    """What `quantity` says of a text that is written as most are, kept for `cached`: quantities mostly came lately.

    Raises:
        IndexError, ValueError: it is no number, zero, or larger than a quantity has been; `quantity` may still read it.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    value = int(digits) * _UNITS[len(fraction)]
    if not value or value > _LARGEST_CACHED or not digits.isdecimal() or not digits.isascii():
        raise BadNumber(f"{text[:_LONGEST]!r} is unusual")
    if len(_CACHED) >= _MOST_CACHED:
        _CACHED.clear()
    _CACHED[text] = value
    return value


_UNITS: Final[tuple[int, ...]] = tuple(10 ** (QUANTITY_DECIMALS - digits) for digits in range(QUANTITY_DECIMALS + 1))
"""By number of decimals; a text with more of them finds none."""
_LARGEST_CACHED: Final = 1 << 80

_CACHED: Final[dict[str, Exact]] = {}
"""Sizes are mostly round: 86 % of the texts in the recorded six minutes of BTCUSDT came before. Emptied when full, so that a
storm of new ones cannot grow it."""
_MOST_CACHED: Final = 2_048
"""Entries: many more would leave the processor's own memory, and then to find one costs what reading it does."""

cached: Final[Callable[[str], Exact | None]] = _CACHED.get
"""`cached(text) or parse_cached(text)` is the quantity."""


def _parse(text: str, decimals: int, most_digits: int) -> int:
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    # isdecimal alone would let other scripts' digits through, int() would take "1_0", " 1" and "-1".
    if digits.isdecimal() and digits.isascii() and len(fraction) <= decimals and len(whole) <= most_digits:
        return int(digits) * _POWERS[decimals - len(fraction)]
    if len(text) > _LONGEST:
        raise BadNumber(f"{text[:_LONGEST]!r}... is too long for a number")
    if not (digits.isascii() and digits.isdecimal()):
        raise BadNumber(f"{text!r} is not a number")
    if fraction[decimals:].strip("0"):
        raise BadNumber(f"{text!r} has more than {decimals} decimals")
    significant = whole.lstrip("0")
    if len(significant) > most_digits:
        raise BadNumber(f"{text!r} is larger than any that there is")
    return _parse(f"{significant or 0}.{fraction[:decimals]}", decimals, most_digits)


_POWERS: Final[tuple[int, ...]] = tuple(10**digits for digits in range(TURNOVER_DECIMALS + 1))
_LONGEST: Final = 60
"""Characters; 1e12 quantities need 21, a lifetime's turnover needs 39. Longer ones are damage, not data."""
