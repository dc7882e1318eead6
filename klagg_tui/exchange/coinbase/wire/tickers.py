"""The last 24 hours of every product: `/products/stats`, which no documentation names and the exchange's own page reads."""

from __future__ import annotations

from klagg_tui.exchange.fields import Json, decoded, mapping
from klagg_tui.exchange.tickers import Ticker24h, read_each, told


def read_tickers(raw: bytes, at_ms: int) -> dict[str, Ticker24h]:
    """By product; raises BadFrame. No turnover and no count is told."""

    def read(item: tuple[str, Json]) -> tuple[str, Ticker24h]:
        day = mapping(mapping(item[1])["stats_24hour"])
        return item[0], told(day, at_ms, "last", "open", "high", "low", "volume")

    return read_each(mapping(decoded(raw)).items(), read)
