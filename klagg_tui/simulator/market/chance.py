"""Chance that can be had again: random bytes that follow from a key, and tables that give them a shape.

A hash, not a generator with a state: any minute of any symbol can be drawn without the minutes before it, and the
bytes are the same on every machine and Python version.
"""

from __future__ import annotations

from hashlib import shake_128
from math import exp
from statistics import NormalDist
from typing import Final


def draws(key: bytes, count: int) -> bytes:
    """`count` random bytes that belong to `key`."""
    return shake_128(key).digest(count)


def fraction(key: bytes) -> float:
    """A number from 0 up to, not including, 1."""
    return int.from_bytes(draws(key, 6), "big") / 2**48


def below(key: bytes, limit: int) -> int:
    """A whole number from 0 to `limit` - 1."""
    return int(fraction(key) * limit)


def _quantiles(spread: float) -> tuple[float, ...]:
    values = [exp(spread * normal) for normal in NORMAL]
    mean = sum(values) / len(values)
    return tuple(value / mean for value in values)


NORMAL: Final = tuple(NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256))
"""A normal variate for each byte."""

MILD: Final = _quantiles(0.45)
"""A factor around 1 for each byte: calm and lively hours."""

WILD: Final = _quantiles(1.1)
"""A factor with mean 1 and a long tail for each byte: sizes of trades, trades of a minute."""

FILLS: Final = tuple(max(1, min(7, int(value))) for value in WILD)
"""Fills of an aggregate trade for each byte: mostly one, at most seven."""
