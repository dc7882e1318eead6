"""The exchange's JSON and our values: the only place that knows field names and says kline.

`decode_batch` and `frame` read what a websocket delivers, `replies` what REST answers, `requests` and `commands` write what we ask. Pure;
damage raises `BadFrame` or `BadNumber` and nothing else. Fields are read by name and unknown ones are tolerated, because
the exchange adds some every year. Sources of the shapes: the exchange's documentation and recorded messages.
"""

from klagg_tui.exchange.binance.wire.commands import (
    CONTRACTS,
    STREAM_PATH,
    TICKERS,
    list_streams,
    subscribe,
    trade_stream,
    unsubscribe,
)
from klagg_tui.exchange.binance.wire.frames import decode_batch, frame
from klagg_tui.exchange.binance.wire.replies import bars, failure, listings, server_time, trades
from klagg_tui.exchange.binance.wire.requests import (
    EXCHANGE_INFO,
    LARGEST_PAGE,
    TIME,
    Request,
    bars_request,
    bars_weight,
    trades_request,
)
from klagg_tui.exchange.binance.wire.values import (
    Acknowledged,
    Batch,
    ContractChanged,
    Failure,
    Frame,
    Instrument,
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
    "Batch",
    "ContractChanged",
    "Failure",
    "Frame",
    "Instrument",
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
    "decode_batch",
    "failure",
    "frame",
    "list_streams",
    "listings",
    "server_time",
    "subscribe",
    "trade_stream",
    "trades",
    "trades_request",
    "unsubscribe",
]
