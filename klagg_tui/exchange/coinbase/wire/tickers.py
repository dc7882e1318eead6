"""The last 24 hours of every product: `/products/stats`, which no documentation names and the exchange's own page reads."""

from __future__ import annotations

from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.tickers import Ticker24h, number, price, read_each


def read_tickers(raw: bytes, at_ms: int) -> dict[str, Ticker24h]:
    """By product; no turnover and no count is told.

    `at_ms`: when it was asked, for the answer names no time.

    Raises:
        BadFrame: the answer is no object.
    """

    def read(item: tuple[str, Json]) -> tuple[str, Ticker24h]:
        day = fields.mapping(fields.mapping(item[1])["stats_24hour"])
        last, first, high, low = (price(day.get(name)) for name in ("last", "open", "high", "low"))
        return item[0], Ticker24h(at_ms, last, first, high, low, number(day.get("volume")))

    return read_each(fields.mapping(fields.decoded(raw)).items(), read)
