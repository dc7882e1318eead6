"""The exchange's JSON and our values: the only place that knows field names and says kline.

`gulp` and `frame` read what a websocket delivers, `replies` what REST answers, `requests` and `commands` write what we ask. Pure;
damage raises `BadFrame` or `BadNumber` and nothing else. Fields are read by name and unknown ones are tolerated, because
the exchange adds some every year. Sources of the shapes: the exchange's documentation and recorded messages.
"""

from klagg_tui.exchange.wire.commands import (
    CONTRACTS,
    STREAM_PATH,
    TICKERS,
    list_streams,
    subscribe,
    trade_stream,
    unsubscribe,
)
from klagg_tui.exchange.wire.frames import frame, gulp
from klagg_tui.exchange.wire.replies import bars, failure, listings, server_time, trades
from klagg_tui.exchange.wire.requests import (
    EXCHANGE_INFO,
    LARGEST_PAGE,
    TIME,
    Request,
    bars_request,
    bars_weight,
    trades_request,
)
from klagg_tui.exchange.wire.values import (
    Acknowledged,
    ContractChanged,
    Failure,
    Frame,
    Gulp,
    Listing,
    Listings,
    Rejected,
    ServerShutdown,
    Skipped,
    Ticker,
    Tickers,
)

__all__ = [
    "CONTRACTS",
    "EXCHANGE_INFO",
    "LARGEST_PAGE",
    "STREAM_PATH",
    "TICKERS",
    "TIME",
    "Acknowledged",
    "ContractChanged",
    "Failure",
    "Frame",
    "Gulp",
    "Listing",
    "Listings",
    "Rejected",
    "Request",
    "ServerShutdown",
    "Skipped",
    "Ticker",
    "Tickers",
    "bars",
    "bars_request",
    "bars_weight",
    "failure",
    "frame",
    "gulp",
    "list_streams",
    "listings",
    "server_time",
    "subscribe",
    "trade_stream",
    "trades",
    "trades_request",
    "unsubscribe",
]
