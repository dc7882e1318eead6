"""The last 24 hours of every symbol, as the products tell them."""

from __future__ import annotations

from functools import partial

from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.tickers import Ticker24h, number, price, read_each


def read_tickers(raw: bytes, worth: dict[str, float] | None = None) -> dict[str, Ticker24h]:
    """By symbol.

    `worth`: of a contract in the quote, by symbol, where quantities are contracts: turnover is contracts x this, as of bars.

    Raises:
        BadFrame: the answer is no list.
    """
    return read_each(fields.sequence(fields.decoded(raw)), partial(_read, worth))


def _read(worth: dict[str, float] | None, value: Json) -> tuple[str, Ticker24h]:
    row = fields.mapping(value)
    symbol, volume = fields.text(row["symbol"]), number(row["volume"])
    if worth is None:
        turnover = number(row["quoteVolume"])
    else:
        turnover = None if volume is None or symbol not in worth else volume * worth[symbol]
    last, first, high, low = (price(row[name]) for name in ("lastPrice", "openPrice", "highPrice", "lowPrice"))
    at_ms, count = fields.moment(row["closeTime"]), number(row["count"])
    return symbol, Ticker24h(at_ms, last, first, high, low, volume, turnover, count)
