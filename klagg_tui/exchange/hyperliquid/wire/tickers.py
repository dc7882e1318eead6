"""The last 24 hours of every perpetual: `metaAndAssetCtxs`, names and states beside each other."""

from __future__ import annotations

from klagg_tui.exchange.fields import Json, mapping, text
from klagg_tui.exchange.hyperliquid.wire.answers import coins_and_states
from klagg_tui.exchange.tickers import Ticker24h, read_each, told


def read_tickers(raw: bytes, at_ms: int) -> dict[str, Ticker24h]:
    """By coin; raises BadFrame. Neither high nor low nor count is told; the last price is the middle of the book, else the mark."""

    def read(item: tuple[Json, Json]) -> tuple[str, Ticker24h]:
        coin, state = map(mapping, item)
        last = "midPx" if state.get("midPx") else "markPx"
        return text(coin["name"]), told(state, at_ms, last, "prevDayPx", "", "", "dayBaseVlm", "dayNtlVlm")

    return read_each(coins_and_states(raw), read)
