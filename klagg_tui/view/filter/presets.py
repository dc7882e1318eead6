"""Filters to start from: `@movers` works without ever having been saved, and gives way to a saved one of that name."""

from __future__ import annotations

from typing import Final, NamedTuple

PRESETS: Final = {
    "movers": "abs(chg(15m))>2 turnover(24h)>1m",
    "spikes": "rvol(5m)>3 turnover(24h)>1m",
    "breakouts": "from_high(24h)>-0.3 chg(1h)>1 rvol(15m)>1.5",
    "oversold": "rsi(1h)<30 turnover(24h)>1m",
    "funding": "abs(funding)>0.05 turnover(24h)>1m",
    "new": "listed<30",
}


class Order(NamedTuple):
    """What the rows of a filter are in order of, from small to large, and that is shown beside them."""

    number: str
    title: str
    """In words, where the order is told."""


ORDERS: Final = {"new": Order("listed", "▲ youngest first")}
"""Of those that have one of their own, while they are used alone and until another order is chosen."""
