"""What is asked over REST."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from klagg_tui.engine.period import Period
from klagg_tui.exchange.coinbase.facts import GRANULARITIES
from klagg_tui.exchange.venue import Request

TIME: Final = Request("/time")
PRODUCTS: Final = Request("/products")
STATS: Final = Request("/products/stats")
"""The last 24 hours of all products: read by the exchange's own pages, in no documentation."""


def bars_request(symbol: str, period: Period, start_ms: int, end_ms: int) -> Request:
    """Bars that open from `start_ms` to `end_ms`, both included: more than 300 are refused as a whole."""
    return Request(
        f"{_product(symbol)}/candles",
        (
            ("granularity", str(GRANULARITIES[period])),
            ("start", str(start_ms // 1000)),
            ("end", str(end_ms // 1000)),
        ),
    )


def trades_request(symbol: str, before_id: int | None, limit: int) -> Request:
    """The newest trades, before an id if there is one. The exchange calls that `after`: older ones come later in its list."""
    after = () if before_id is None else (("after", str(before_id)),)
    return Request(f"{_product(symbol)}/trades", (("limit", str(limit)), *after))


def _product(symbol: str) -> str:
    return f"/products/{quote(symbol, safe='')}"
