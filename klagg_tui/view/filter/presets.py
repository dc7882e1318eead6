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
    """What the rows of a filter are in order of, from small to large."""

    number: str
    title: str
    """In words, where the order is told."""
    shown: tuple[str, ...] = ()
    """Columns that stand beside it before the figures of the filter."""


ORDERS: Final = {
    "movers": Order("-abs(chg(15m))", "▼ largest move first"),
    "spikes": Order("-rvol(5m)", "▼ busiest first"),
    "breakouts": Order("-rvol(15m)", "▼ busiest first"),
    "oversold": Order("rsi(1h)", "▲ most oversold first"),
    "funding": Order("-abs(funding)", "▼ strongest first", ("funding", "oi_value")),
    "new": Order("listed", "▲ youngest first", ("listed",)),
}
"""Of those that have one of their own, while they are used alone and until another order is chosen."""
