"""The last 24 hours of every perpetual: `metaAndAssetCtxs`, names and states beside each other."""

from __future__ import annotations

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.tickers import Ticker24h, number, price, read_each


def read_tickers(raw: bytes, at_ms: int) -> dict[str, Ticker24h]:
    """By coin. Neither high nor low nor count is told; the last price is the middle of the book, else the mark.

    `at_ms`: when it was asked, for the answer names no time.

    Raises:
        BadFrame: the answer is no pair of lists of one length.
    """
    pair = fields.sequence(fields.decoded(raw))
    if len(pair) != 2:
        raise BadFrame("a pair was expected")
    coins, states = fields.sequence(fields.mapping(pair[0]).get("universe")), fields.sequence(pair[1])
    if len(coins) != len(states):
        raise BadFrame("there are not as many states as coins")

    def read(item: tuple[Json, Json]) -> tuple[str, Ticker24h]:
        coin, state = map(fields.mapping, item)
        last = price(state.get("midPx")) or price(state["markPx"])
        volume, turnover = number(state.get("dayBaseVlm")), number(state.get("dayNtlVlm"))
        first = price(state["prevDayPx"])
        return fields.text(coin["name"]), Ticker24h(at_ms, last, first, volume=volume, turnover=turnover)

    return read_each(zip(coins, states, strict=True), read)
