"""The exchange's JSON and our values: the only place that knows its field names.

A module each for trades, bars and the listing reads them wherever they come from: the stream, a reply, a file. `frames` parts
what a websocket delivers; `requests` and `commands` write what we ask. Pure; damage raises `BadFrame` or `BadNumber` and
nothing else. Fields are read by name and unknown ones are tolerated, because the exchange adds some every year.
"""

from functools import partial

from klagg_tui.exchange.binance.products import CONTRACTS, Product
from klagg_tui.exchange.binance.wire.answers import read_failure, read_time
from klagg_tui.exchange.binance.wire.bars import read_bars
from klagg_tui.exchange.binance.wire.commands import command, trade_stream
from klagg_tui.exchange.binance.wire.derivatives import FUNDED_EVERY_MS, read_funding, read_interest
from klagg_tui.exchange.binance.wire.frames import decode_batch, read_message
from klagg_tui.exchange.binance.wire.instruments import read_instruments
from klagg_tui.exchange.binance.wire.requests import (
    bars_request,
    funding_request,
    interest_request,
    listing_request,
    tickers_request,
    time_request,
    trades_request,
    windows,
)
from klagg_tui.exchange.binance.wire.tickers import read_tickers
from klagg_tui.exchange.binance.wire.trades import read_trades
from klagg_tui.exchange.venue import StreamCodec


def codec(product: Product) -> StreamCodec:
    """The language of the streams of a product line."""
    return StreamCodec(
        path=product.stream_path,
        market_streams=product.market_streams,
        trade_stream=trade_stream,
        command=command,
        decode_batch=partial(decode_batch, mark=product.mark),
    )


__all__ = [
    "CONTRACTS",
    "FUNDED_EVERY_MS",
    "bars_request",
    "codec",
    "decode_batch",
    "funding_request",
    "interest_request",
    "listing_request",
    "read_bars",
    "read_failure",
    "read_funding",
    "read_instruments",
    "read_interest",
    "read_message",
    "read_tickers",
    "read_time",
    "read_trades",
    "tickers_request",
    "time_request",
    "trade_stream",
    "trades_request",
    "windows",
]
