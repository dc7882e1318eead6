"""Bars as lines of text: the columns of the exchange's own archives, or a JSON object a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import text, turnover_text
from klagg_tui.storage.grain import Grain

Line = Callable[[Bar], str]

COLUMNS: Final = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
SERIES_COLUMNS: Final = f"symbol,period,{COLUMNS}"
"""Of a file with several symbols or periods, which the exchange does not have."""


def csv_line(grain: Grain) -> Line:
    """A function that writes a bar as the exchange's archive does, values padded to the symbol's decimals."""
    price, quantity, turnover = grain.price, grain.quantity, grain.turnover

    def line(bar: Bar) -> str:
        return (
            f"{bar.open_ms},{text(bar.open, price)},{text(bar.high, price)},{text(bar.low, price)},"
            f"{text(bar.close, price)},{text(bar.volume, quantity)},{bar.end_ms - 1},"
            f"{turnover_text(bar.turnover, turnover)},{bar.trade_count},{text(bar.taker_buy_volume, quantity)},"
            f"{turnover_text(bar.taker_buy_turnover, turnover)},0\n"
        )

    return line


def series_csv_line(grain: Grain) -> Line:
    """As `csv_line`, with symbol and period before it."""
    line = csv_line(grain)
    return lambda bar: f"{quoted(bar.symbol)},{bar.period.value},{line(bar)}"


def quoted(symbol: str) -> str:
    """A symbol as a CSV field: the exchange's need no quotes, but a file may say anything."""
    if any(sign in symbol for sign in ',"\r\n'):
        return '"' + symbol.replace('"', '""') + '"'
    return symbol


def json_line(grain: Grain) -> Line:
    """A function that writes a bar as a JSON object; numbers are texts, because JSON readers make floats of them."""
    import orjson

    price, quantity, turnover = grain.price, grain.quantity, grain.turnover

    def line(bar: Bar) -> str:
        return (
            f'{{"symbol":{orjson.dumps(bar.symbol).decode()},"period":"{bar.period.value}","open_time":{bar.open_ms},'
            f'"open":"{text(bar.open, price)}","high":"{text(bar.high, price)}","low":"{text(bar.low, price)}",'
            f'"close":"{text(bar.close, price)}","volume":"{text(bar.volume, quantity)}","close_time":{bar.end_ms - 1},'
            f'"quote_volume":"{turnover_text(bar.turnover, turnover)}","count":{bar.trade_count},'
            f'"taker_buy_volume":"{text(bar.taker_buy_volume, quantity)}",'
            f'"taker_buy_quote_volume":"{turnover_text(bar.taker_buy_turnover, turnover)}",'
            f'"state":"{bar.state.name.lower()}"}}\n'
        )

    return line


def encoded(line: Line, bars: Iterable[Bar]) -> bytes:
    """The lines of some bars."""
    return "".join(map(line, bars)).encode()
