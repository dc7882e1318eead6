"""The exchange's JSON and our values: the only place that knows its field names.

A module each for trades, bars and the listing reads them wherever they come from: the stream, a reply, a file. `frames` parts
what a websocket delivers; `requests` and `commands` write what we ask. Pure; damage raises `BadFrame` or `BadNumber` and
nothing else. Fields are read by name and unknown ones are tolerated, because the exchange adds some every year.
"""

from typing import Final

from klagg_tui.exchange.binance.wire.answers import read_failure, read_time
from klagg_tui.exchange.binance.wire.bars import read_bars
from klagg_tui.exchange.binance.wire.commands import CONTRACTS, STREAM_PATH, subscribe, trade_stream, unsubscribe
from klagg_tui.exchange.binance.wire.frames import decode_batch, read_message
from klagg_tui.exchange.binance.wire.instruments import read_instruments
from klagg_tui.exchange.binance.wire.requests import EXCHANGE_INFO, TIME, bars_request, trades_request
from klagg_tui.exchange.binance.wire.trades import read_trades
from klagg_tui.exchange.venue import StreamCodec

CODEC: Final = StreamCodec(
    path=STREAM_PATH,
    market_streams=(CONTRACTS,),
    trade_stream=trade_stream,
    subscribe=subscribe,
    unsubscribe=unsubscribe,
    decode_batch=decode_batch,
)
"""The language of the streams."""

__all__ = [
    "CODEC",
    "CONTRACTS",
    "EXCHANGE_INFO",
    "STREAM_PATH",
    "TIME",
    "bars_request",
    "decode_batch",
    "read_bars",
    "read_failure",
    "read_instruments",
    "read_message",
    "read_time",
    "read_trades",
    "subscribe",
    "trade_stream",
    "trades_request",
    "unsubscribe",
]
