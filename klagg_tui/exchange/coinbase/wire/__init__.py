"""The exchange's JSON and our values: the only place that knows its field names.

A module each for trades, bars and the listing reads them wherever they come from. `frames` parts what a websocket delivers;
`requests` and `commands` write what we ask. Pure; damage raises `BadFrame` or `BadNumber` and nothing else. Fields are read by
name and unknown ones are tolerated.
"""

from typing import Final

from klagg_tui.exchange.coinbase.wire.answers import read_failure, read_time
from klagg_tui.exchange.coinbase.wire.bars import Window, filled, judged, read_bars
from klagg_tui.exchange.coinbase.wire.commands import STREAM_PATH, command
from klagg_tui.exchange.coinbase.wire.frames import decode_batch
from klagg_tui.exchange.coinbase.wire.products import read_products
from klagg_tui.exchange.coinbase.wire.requests import PRODUCTS, STATS, TIME, bars_request, trades_request
from klagg_tui.exchange.coinbase.wire.tickers import read_tickers
from klagg_tui.exchange.coinbase.wire.trades import read_trades
from klagg_tui.exchange.venue import StreamCodec

CODEC: Final = StreamCodec(
    path=STREAM_PATH,
    command=command,
    decode_batch=decode_batch,
)
"""The language of the streams."""

__all__ = [
    "CODEC",
    "PRODUCTS",
    "STATS",
    "TIME",
    "Window",
    "bars_request",
    "decode_batch",
    "filled",
    "judged",
    "read_bars",
    "read_failure",
    "read_products",
    "read_tickers",
    "read_time",
    "read_trades",
    "trades_request",
]
