"""The last 24 hours of every pair: of each pair of figures the second; the first is since midnight, as is the price `o`."""

from __future__ import annotations

from collections.abc import Mapping

from klagg_tui.exchange.fields import Json, mapping, sequence
from klagg_tui.exchange.kraken.wire.answers import result_of
from klagg_tui.exchange.tickers import Ticker24h, number, read_each, told, worth


def read_tickers(raw: bytes, at_ms: int, symbols: Mapping[str, str]) -> dict[str, Ticker24h]:
    """By symbol, which `symbols` has by the names in the answer; raises BadFrame. Turnover is volume x its mean price."""

    def read(item: tuple[str, Json]) -> tuple[str, Ticker24h]:
        row = mapping(item[1])
        second = {name: sequence(row[name])[1] for name in "hltpv"} | {"c": sequence(row["c"])[0]}
        day = told(second, at_ms, "c", "", "h", "l", "v", "", "t")
        return symbols[item[0]], day._replace(turnover=worth(day.volume, number(second["p"])))

    return read_each(mapping(result_of(raw)).items(), read)
