"""The last 24 hours of every pair: of each pair of figures the second; the first is since midnight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.kraken.wire.answers import result_of
from klagg_tui.exchange.tickers import Ticker24h, number, price, read_each

_DAY: Final = 1
"""Place of the figure of 24 hours."""


def read_tickers(raw: bytes, symbols: Mapping[str, str], at_ms: int) -> dict[str, Ticker24h]:
    """By symbol. The price of 24 hours ago is not told: `o` is that of midnight, UTC. Turnover is volume x its mean price.

    Args:
        raw: the reply.
        symbols: by what REST calls pairs in its answers.
        at_ms: when it was asked, for the answer names no time.

    Raises:
        BadFrame: the answer has no such pairs.
    """

    def read(item: tuple[str, Json]) -> tuple[str, Ticker24h]:
        row = {name: fields.sequence(value) for name, value in fields.mapping(item[1]).items() if name != "o"}
        volume, mean = number(row["v"][_DAY]), number(row["p"][_DAY])
        turnover = None if volume is None or mean is None else volume * mean
        high, low = price(row["h"][_DAY]), price(row["l"][_DAY])
        last, count = price(row["c"][0]), number(row["t"][_DAY])
        return symbols[item[0]], Ticker24h(at_ms, last, None, high, low, volume, turnover, count)

    return read_each(fields.mapping(result_of(raw)).items(), read)
