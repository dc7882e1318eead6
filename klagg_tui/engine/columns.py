"""Stored history as values for looking: the bars of a series as columns of floats, and which stretches were written anew."""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

from klagg_tui.engine.period import Period

COLUMN_FIELDS: Final = (
    "close",
    "high",
    "low",
    "volume",
    "turnover",
    "trade_count",
    "taker_buy_volume",
    "taker_buy_turnover",
)
"""All that can be asked for."""


class BarColumns(NamedTuple):
    """Ended bars of one symbol and period, oldest first, each once: place n of every column is the same bar.

    Floats in plain units (a price of 64,250.1 is 64250.1), for drawing and screening; bars stay exact. A minute that is not
    stored is not there. A field that is unknown of a bar is NaN; a column that nobody asked for is empty.
    """

    open_ms: array[int]
    """Type `q`."""
    state: array[int]
    """Numbers of `State`: what is `PARTIAL` lacks trades."""
    evidence: array[int]
    """Bits of `Evidence`: which fields are unknown."""
    close: array[float]
    """Type `d`, as are the next ones."""
    high: array[float]
    low: array[float]
    volume: array[float]
    turnover: array[float]
    trade_count: array[float]
    taker_buy_volume: array[float]
    taker_buy_turnover: array[float]

    def __bool__(self) -> bool:
        """Whether there is any bar."""
        return bool(self.open_ms)


def no_columns() -> BarColumns:
    """No bar at all."""
    return BarColumns(array("q"), array("B"), array("B"), *(array("d") for _ in COLUMN_FIELDS))


class StoredStretch(NamedTuple):
    """Bars of one series that open from one time to before another, of which the store holds something else than before."""

    symbol: str
    period: Period
    from_ms: int
    to_ms: int
