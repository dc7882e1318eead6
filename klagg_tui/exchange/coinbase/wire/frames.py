"""Websocket messages into values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from klagg_tui.exchange.coinbase.wire.commands import MATCHES
from klagg_tui.exchange.coinbase.wire.trades import trade_fields
from klagg_tui.exchange.fields import Json, decoded, mapping, sequence, symbol, text, words
from klagg_tui.exchange.messages import Acknowledged, Batch, Message, Rejected, Skipped
from klagg_tui.exchange.reading import decode_each

_TRADES: Final = ("match", "last_match")
"""The second is the newest trade before the subscription: its id shows what was missed."""
_SLOW: Final = "ErrSlow"
"""ErrSlowConsume and ErrSlowRead are said before the connection is cut, and answer no command."""
_NO_PRODUCT: Final = re.compile(r"(\S+) is not a valid product\b")


def decode_batch(raws: Iterable[bytes]) -> Batch:
    """The messages of a connection as values; a damaged one costs only itself."""
    return decode_each(raws, _read)


def _read(raw: bytes, batch: Batch) -> None:
    message = mapping(decoded(raw))
    if message.get("type") in _TRADES:
        batch.trades.append(trade_fields(message))
    else:
        batch.others.append(_read_other(message))


def _read_other(message: dict[str, Json]) -> Message:
    kind = text(message.get("type"))
    if kind == "subscriptions":
        return _state(message)
    return _error(message) if kind == "error" else Skipped(kind[:40])


def _state(message: dict[str, Json]) -> Acknowledged | Skipped:
    """Everything that the connection is subscribed to, whatever command was answered.

    A state of other channels alone says nothing of ours; an empty one, after the last product was unsubscribed, does.
    """
    channels = [mapping(channel) for channel in sequence(message.get("channels"))]
    ours = [channel for channel in channels if channel.get("name") == MATCHES]
    if channels and not ours:
        return Skipped("subscriptions to other channels")
    names = (symbol(text(name)) for channel in ours for name in sequence(channel.get("product_ids")))
    return Acknowledged(None, tuple(names), is_whole=True)


def _error(message: dict[str, Json]) -> Rejected | Skipped:
    """Why a command was refused; the product that was at fault where it is named."""
    said, reason = words(message.get("message")), words(message.get("reason"))
    if _SLOW in said or _SLOW in reason:
        return Skipped("error: too slow")
    product = _NO_PRODUCT.search(reason) or _NO_PRODUCT.search(said)
    return Rejected(None, 0, words(": ".join(filter(None, (said, reason)))), product[1][:64] if product else None)
