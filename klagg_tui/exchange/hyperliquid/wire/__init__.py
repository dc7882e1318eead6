"""The exchange's JSON and our values: the only place that knows its field names. Pure; damage raises `BadFrame` or `BadNumber`."""

from klagg_tui.exchange.hyperliquid.wire.answers import read_failure, read_time
from klagg_tui.exchange.hyperliquid.wire.bars import read_bars
from klagg_tui.exchange.hyperliquid.wire.derivatives import read_quotes
from klagg_tui.exchange.hyperliquid.wire.frames import codec
from klagg_tui.exchange.hyperliquid.wire.instruments import read_instruments
from klagg_tui.exchange.hyperliquid.wire.requests import CONTEXTS, LISTING, TIME, bars_request
from klagg_tui.exchange.hyperliquid.wire.tickers import read_tickers

__all__ = [
    "CONTEXTS",
    "LISTING",
    "TIME",
    "bars_request",
    "codec",
    "read_bars",
    "read_failure",
    "read_instruments",
    "read_quotes",
    "read_tickers",
    "read_time",
]
