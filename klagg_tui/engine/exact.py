"""Exact numbers: how a price is represented, and its ways out. `parsing` is the way in; nobody else knows.

A number is an integer count of fixed units: 1e-12 for prices, 1e-8 for quantities, 1e-20 for turnover (price x quantity).
These are the most decimals known of an exchange, so one unit of each kind serves every symbol, a change of tick size
changes nothing, and Python's integers never overflow or round. Everybody else may add and compare what is of one kind and multiply price by
quantity, and must come here for texts to show, floats (drawing only) and the packed form on disk.

Measured against `Decimal` with trapped rounding, text to bar to text: see `make bench`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

Exact: TypeAlias = int
"""A price in units of 1e-12, a quantity in units of 1e-8, or a turnover in units of 1e-20."""

PRICE_DECIMALS: Final = 12
"""OKX has prices of twelve: okx.com/docs-v5, "Get instruments", `tickSz`."""
QUANTITY_DECIMALS: Final = 8
TURNOVER_DECIMALS: Final = PRICE_DECIMALS + QUANTITY_DECIMALS

_ONE_PRICE: Final = 10**PRICE_DECIMALS
_ONE_QUANTITY: Final = 10**QUANTITY_DECIMALS
_ONE_TURNOVER: Final = 10**TURNOVER_DECIMALS


def price_text(value: Exact, decimals: int | None = None) -> str:
    """The price as decimal text: `decimals` of them at the least, shortest when None; never rounded."""
    return _text(value, PRICE_DECIMALS, decimals)


def quantity_text(value: Exact, decimals: int | None = None) -> str:
    """The quantity as decimal text, as `price_text` does."""
    return _text(value, QUANTITY_DECIMALS, decimals)


def turnover_text(value: Exact, decimals: int | None = None) -> str:
    """The turnover as decimal text, as `price_text` does."""
    return _text(value, TURNOVER_DECIMALS, decimals)


def _text(value: int, unit_decimals: int, decimals: int | None) -> str:
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(unit_decimals + 1, "0")
    whole, fraction = digits[:-unit_decimals], digits[-unit_decimals:].rstrip("0")
    if decimals is not None:
        fraction = fraction.ljust(decimals, "0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def price_decimals_of(value: Exact) -> int:
    """How many decimals the price needs: 0 to 12."""
    return _decimals(value, PRICE_DECIMALS)


def quantity_decimals_of(value: Exact) -> int:
    """How many decimals the quantity needs: 0 to 8."""
    return _decimals(value, QUANTITY_DECIMALS)


def turnover_decimals_of(value: Exact) -> int:
    """How many decimals the turnover needs: 0 to 20."""
    return _decimals(value, TURNOVER_DECIMALS)


def _decimals(value: int, unit_decimals: int) -> int:
    if not value:
        return 0
    digits = str(value)
    return max(0, unit_decimals - (len(digits) - len(digits.rstrip("0"))))


def price_as_decimal(value: Exact) -> Decimal:
    """The price as a `Decimal`, exactly."""
    return Decimal(price_text(value))


def quantity_as_decimal(value: Exact) -> Decimal:
    """The quantity as a `Decimal`, exactly."""
    return Decimal(quantity_text(value))


def turnover_as_decimal(value: Exact) -> Decimal:
    """The turnover as a `Decimal`, exactly."""
    return Decimal(turnover_text(value))


# Whole by whole: a float as divisor would round twice.
def price_as_float(value: Exact) -> float:
    """The nearest float of a price, for drawing and for shares; never to be computed back from."""
    return value / _ONE_PRICE


def quantity_as_float(value: Exact) -> float:
    """The nearest float of a quantity, for drawing and for shares."""
    return value / _ONE_QUANTITY


def turnover_as_float(value: Exact) -> float:
    """The nearest float of a turnover, for drawing and sorting."""
    return value / _ONE_TURNOVER


def price_unpacked(mantissa: int, decimals: int) -> Exact:
    """The price of which the disk holds an integer count of 10**-decimals; IndexError where no price has so many."""
    return mantissa * _PRICE_UNITS[decimals]


def quantity_unpacked(mantissa: int, decimals: int) -> Exact:
    """The quantity of which the disk holds such a count; IndexError where no quantity has so many decimals."""
    return mantissa * _QUANTITY_UNITS[decimals]


def turnover_unpacked(mantissa: int, decimals: int) -> Exact:
    """The turnover of which the disk holds such a count; IndexError where no turnover has so many decimals."""
    return mantissa * _TURNOVER_UNITS[decimals]


def _units(most: int) -> tuple[int, ...]:
    """What 10**-decimals is in units, by the number of decimals."""
    return tuple(10 ** (most - decimals) for decimals in range(most + 1))


_PRICE_UNITS: Final = _units(PRICE_DECIMALS)
_QUANTITY_UNITS: Final = _units(QUANTITY_DECIMALS)
_TURNOVER_UNITS: Final = _units(TURNOVER_DECIMALS)
