"""The last 24 hours of every symbol, as the products tell them."""

from __future__ import annotations

from collections.abc import Mapping

from klagg_tui.exchange.fields import Json, decoded, mapping, sequence, text
from klagg_tui.exchange.tickers import Ticker24h, read_each, told, worth

_NAMES = ("lastPrice", "openPrice", "highPrice", "lowPrice", "volume", "quoteVolume", "count")


def read_tickers(raw: bytes, at_ms: int, values: Mapping[str, float] | None = None) -> dict[str, Ticker24h]:
    """By symbol; raises BadFrame.

    `values`: of a contract in the quote, by symbol, where quantities are contracts: turnover is contracts x this, as of bars.
    """

    def read(value: Json) -> tuple[str, Ticker24h]:
        row = mapping(value)
        symbol, day = text(row["symbol"]), told(row, at_ms, *_NAMES)
        return symbol, day if values is None else day._replace(turnover=worth(day.volume, values.get(symbol)))

    return read_each(sequence(decoded(raw)), read)
