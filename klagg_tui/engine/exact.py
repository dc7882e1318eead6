"""Exact numbers: how a price is represented, and its ways out. `parsing` is the way in; nobody else knows.

A number is an integer count of fixed units: 1e-8 for prices and quantities, 1e-16 for turnover (price x quantity).
Eight decimals are the most the exchange uses anywhere, so one unit serves every symbol, a change of tick size changes
nothing, and Python's integers never overflow or round. Everybody else may add, compare and multiply price by quantity,
and must come here for texts to show, floats (drawing only) and the packed form on disk.

Measured against `Decimal` with trapped rounding, text to bar to text: see `make bench`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

Exact: TypeAlias = int
"""A price or quantity in units of 1e-8, or a turnover in units of 1e-16."""

DECIMALS: Final = 8
TURNOVER_DECIMALS: Final = 16

_ONE: Final = 10**DECIMALS
_ONE_TURNOVER: Final = 10**TURNOVER_DECIMALS
_TO_UNITS: Final[tuple[int, ...]] = tuple(10 ** (TURNOVER_DECIMALS - digits) for digits in range(TURNOVER_DECIMALS + 1))


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


def unpacked(mantissa: int, decimals: int) -> Exact:
    """The price or quantity of which the disk holds an integer count of 10**-decimals."""
    return mantissa * _TO_UNITS[TURNOVER_DECIMALS - DECIMALS + decimals]


def turnover_unpacked(mantissa: int, decimals: int) -> Exact:
    """The turnover of which the disk holds an integer count of 10**-decimals."""
    return mantissa * _TO_UNITS[decimals]
