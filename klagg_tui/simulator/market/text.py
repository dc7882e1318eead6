"""Whole numbers of units as the decimal text the exchange writes."""

from __future__ import annotations


def decimal_text(units: int, decimals: int) -> str:
    """`units` of 10**-decimals, all decimals written out."""
    if not decimals:
        return str(units)
    whole, fraction = divmod(units, 10**decimals)
    return f"{whole}.{fraction:0{decimals}d}"


def price_text(units: int, unit_decimals: int, shown: int) -> str:
    """A price counted in 10**-unit_decimals with `shown` decimals, which always hold it."""
    return decimal_text(units // 10 ** (unit_decimals - shown), shown)
