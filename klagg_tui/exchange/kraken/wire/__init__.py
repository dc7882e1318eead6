"""The exchange's JSON and our values: the only place that knows its field names.

A module each for trades, bars and the listing; `frames` parts what a websocket delivers, `answers` what REST wraps, `requests` and
`commands` write what we ask. Pure; damage raises `BadFrame` or `BadNumber` and nothing else. Fields are read by name and unknown
ones are tolerated.
"""

from typing import Final

from klagg_tui.exchange.kraken.wire.answers import read_error, read_failure, read_time
from klagg_tui.exchange.kraken.wire.bars import made_bars, read_bars, turnover_between
from klagg_tui.exchange.kraken.wire.commands import PING, STREAM_PATH, subscribe, trade_stream, unsubscribe
from klagg_tui.exchange.kraken.wire.frames import decode_batch
from klagg_tui.exchange.kraken.wire.pairs import Pairs, read_pairs
from klagg_tui.exchange.kraken.wire.requests import PAIRS, TICKERS, TIME, bars_request, trades_request
from klagg_tui.exchange.kraken.wire.tickers import read_tickers
from klagg_tui.exchange.kraken.wire.trades import TradePage, read_trades
from klagg_tui.exchange.venue import StreamCodec

CODEC: Final = StreamCodec(
    path=STREAM_PATH,
    market_streams=(),
    trade_stream=trade_stream,
    subscribe=subscribe,
    unsubscribe=unsubscribe,
    decode_batch=decode_batch,
    ping=PING,
)
"""The language of the streams."""

__all__ = [
    "CODEC",
    "PAIRS",
    "TICKERS",
    "TIME",
    "Pairs",
    "TradePage",
    "bars_request",
    "decode_batch",
    "made_bars",
    "read_bars",
    "read_error",
    "read_failure",
    "read_pairs",
    "read_tickers",
    "read_time",
    "read_trades",
    "subscribe",
    "trade_stream",
    "trades_request",
    "turnover_between",
    "unsubscribe",
]
