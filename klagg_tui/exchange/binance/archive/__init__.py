"""Binance in files: names and columns of its archives, and its events as recorders keep them.

The only place that knows either, for all who read or write such files. What a row means is read by the decoders of
`wire`, or checked as they check it, so that a trade is the same trade from a file, a stream and a reply. Pure.
"""

from klagg_tui.exchange.binance.archive.columns import KlineColumn
from klagg_tui.exchange.binance.archive.dialects import obstacle, plain_lines
from klagg_tui.exchange.binance.archive.events import is_trade, read_event, read_recorded_trade, sent_ms
from klagg_tui.exchange.binance.archive.klines import fault_of_klines, kline_times, read_kline
from klagg_tui.exchange.binance.archive.markets import (
    MARKETS,
    UM,
    Evidence,
    Market,
    can_be_of,
    can_be_symbol,
    contract_value,
    likely_among,
    shown_by_place,
    shown_by_rows,
    shown_by_symbol,
)
from klagg_tui.exchange.binance.archive.names import ArchiveName, period_in_name, read_name
from klagg_tui.exchange.binance.archive.rows import (
    EARLIEST_MS,
    END_OF_TIME_MS,
    RowKind,
    first_number,
    is_header,
    row_kind,
)
from klagg_tui.exchange.binance.archive.trades import fault_of_trade, read_trades, trade_ids
from klagg_tui.exchange.binance.facts import DECIMALS

__all__ = [
    "DECIMALS",
    "EARLIEST_MS",
    "END_OF_TIME_MS",
    "MARKETS",
    "UM",
    "ArchiveName",
    "Evidence",
    "KlineColumn",
    "Market",
    "RowKind",
    "can_be_of",
    "can_be_symbol",
    "contract_value",
    "fault_of_klines",
    "fault_of_trade",
    "first_number",
    "is_header",
    "is_trade",
    "kline_times",
    "likely_among",
    "obstacle",
    "period_in_name",
    "plain_lines",
    "read_event",
    "read_kline",
    "read_name",
    "read_recorded_trade",
    "read_trades",
    "row_kind",
    "sent_ms",
    "shown_by_place",
    "shown_by_rows",
    "shown_by_symbol",
    "trade_ids",
]
