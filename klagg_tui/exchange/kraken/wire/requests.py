"""What is asked over REST, where pairs have names of their own."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.exchange.kraken.facts import INTERVALS, REQUESTS
from klagg_tui.exchange.venue import Request

TIME: Final = Request("/0/public/Time")
PAIRS: Final = Request("/0/public/AssetPairs")
TICKERS: Final = Request("/0/public/Ticker")
"""Of all pairs, where it names none: page "Get Ticker Information"."""


def bars_request(pair: str, period: Period) -> Request:
    """The newest 720 bars. There is a `since`, but it brings no older ones."""
    return Request("/0/public/OHLC", (("pair", pair), ("interval", str(INTERVALS[period]))))


def trades_request(pair: str, since_ns: int | None) -> Request:
    """Trades from a time on, in nanoseconds; seconds with a fraction are taken sloppily. None: the newest."""
    since = () if since_ns is None else (("since", str(since_ns)),)
    return Request("/0/public/Trades", (("pair", pair), *since, ("count", str(REQUESTS.trade_page.rows))))
