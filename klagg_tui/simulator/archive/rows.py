"""What a file of the archive holds: its rows out of the market, and the zip around them, equal to the last byte each time.

Source: README of binance-public-data and files of 2024 and 2025: a header in those of futures alone, microseconds in those of spot since 2025.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from klagg_tui.simulator.archive.shelves import ArchiveFile
from klagg_tui.simulator.face import ArchiveRows, Face
from klagg_tui.simulator.market.calendar import MINUTE_MS

_TRADES_HEAD: Final = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
_KLINES_HEAD: Final = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
_MICRO_FROM_MS: Final = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1000


def packed(face: Face, shown: ArchiveRows, file: ArchiveFile, now_ms: int, edition: int) -> bytes:
    """The zip of a file; editions hold the same rows and differ in their bytes."""
    symbol = face.symbol_of(file.symbol)
    assert symbol is not None, file
    lines = _trades(face, shown, symbol, file) if file.interval is None else _klines(face, shown, symbol, file, now_ms)
    member = zipfile.ZipInfo(file.name.replace(".zip", ".csv"), (2024, 1, 1, 0, 0, 2 * edition))
    member.compress_type = zipfile.ZIP_DEFLATED
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as zipped:
        zipped.writestr(member, "".join(f"{line}\n" for line in lines))
    return whole.getvalue()


def _trades(face: Face, shown: ArchiveRows, symbol: str, file: ArchiveFile) -> Iterator[str]:
    market = face.market
    if not shown.is_spot:
        yield _TRADES_HEAD
    for minute in market.traded(symbol, file.from_ms // MINUTE_MS, file.to_ms // MINUTE_MS):
        for trade in market.trades(symbol, minute):
            row = shown.trade(symbol, trade)
            maker = str(trade.is_buyer_maker) if shown.is_spot else str(trade.is_buyer_maker).lower()
            fields = [row["a"], row["p"], row["q"], row["f"], row["l"], _time(trade.traded_ms, shown), maker]
            yield ",".join(map(str, [*fields, "True"] if shown.is_spot else fields))


def _klines(face: Face, shown: ArchiveRows, symbol: str, file: ArchiveFile, now_ms: int) -> Iterator[str]:
    assert file.interval is not None
    if not shown.is_spot:
        yield _KLINES_HEAD
    for candle in face.candles.between(symbol, file.interval, file.from_ms, file.to_ms - 1, now_ms):
        if candle.is_over:
            row = shown.kline(symbol, candle)
            row[0], row[6] = _time(candle.open_ms, shown), _time(candle.end_ms, shown) - 1
            yield ",".join(map(str, row))


def _time(at_ms: int, shown: ArchiveRows) -> int:
    return at_ms * 1000 if shown.is_spot and at_ms >= _MICRO_FROM_MS else at_ms
