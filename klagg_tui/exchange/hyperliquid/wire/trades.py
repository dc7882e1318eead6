"""One trade of the channel `trades`: `coin, side, px, sz, time, hash, tid, users`."""

from __future__ import annotations

from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.fields import LARGEST, LATEST_MS, Json, symbol
from klagg_tui.exchange.hyperliquid.wire.runs import WireTrade

_IS_BUYER_MAKER: Final[dict[Json, bool]] = {"A": True, "B": False}
"""The side is the taker's: A (ask) sells, B (bid) buys. hyperliquid.gitbook.io, "Websocket", WsTrade; "Notation"."""


def read_trade(row: Json) -> WireTrade:
    """One entry of a message.

    Raises:
        BadFrame: a field is missing, of the wrong type or out of range. Whether the texts of price and size are numbers is for the
            engine to judge.
    """
    try:
        side, price, size = row["side"], row["px"], row["sz"]  # type: ignore[index, call-overload]
        traded_ms, tid = row["time"], row["tid"]  # type: ignore[index, call-overload]
        if (
            type(price) is str
            and type(size) is str
            and type(traded_ms) is int
            and 0 <= traded_ms < LATEST_MS
            and type(tid) is int
            and 0 <= tid <= LARGEST
        ):
            coin = symbol(row["coin"])  # type: ignore[index, call-overload, arg-type]  # it checks the type itself
            return WireTrade(coin, price, size, traded_ms, _IS_BUYER_MAKER[side], tid)
    except (KeyError, TypeError) as error:
        raise BadFrame(f"a trade lacks a field or has one of another type: {error}") from error
    raise BadFrame("a trade has a field of another type or out of range")
