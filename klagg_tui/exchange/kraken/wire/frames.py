"""Websocket messages into values. Their numbers are read as digits: the usual decoder would make floats of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from klagg_tui.exchange.fields import Json, mapping, sequence, symbol, text, whole, words
from klagg_tui.exchange.kraken.wire.commands import PING, STREAM_PATH, TRADE, command
from klagg_tui.exchange.kraken.wire.trades import trade_fields
from klagg_tui.exchange.messages import Acknowledged, Batch, Message, Rejected, Skipped
from klagg_tui.exchange.numerals import decoded_exactly
from klagg_tui.exchange.reading import decode_each
from klagg_tui.exchange.venue import StreamCodec

_HEARTBEAT = Skipped("heartbeat")


def decode_batch(raws: Iterable[bytes]) -> Batch:
    """The messages of a connection as values; a damaged one costs only itself."""
    return decode_each(raws, _read)


def _read(raw: bytes, batch: Batch) -> None:
    message = mapping(decoded_exactly(raw))
    if message.get("channel") == TRADE and "data" in message:
        batch.trades.extend([trade_fields(mapping(trade)) for trade in sequence(message["data"])])
    else:
        batch.others.append(_read_other(message))


def _read_other(message: dict[str, Json]) -> Message:
    if "channel" in message:
        name = text(message["channel"])
        return _HEARTBEAT if name == _HEARTBEAT.event else Skipped(name[:40])
    if "Error" in message:  # {"Error": "Exceeded msg rate"}, which names no command
        return Rejected(None, 0, words(message["Error"]))
    method = text(message.get("method"))
    if method not in ("subscribe", "unsubscribe"):
        return Skipped(method[:40])
    return _acknowledged(message) if message.get("success") is True else _rejected(message)


def _acknowledged(message: dict[str, Json]) -> Acknowledged:
    """One pair of a command."""
    return Acknowledged(_number(message), (symbol(text(mapping(message.get("result")).get("symbol"))),))


def _rejected(message: dict[str, Json]) -> Rejected:
    pair = message.get("symbol")
    return Rejected(_number(message), 0, words(message.get("error")), symbol(pair) if type(pair) is str else None)


def _number(message: dict[str, Json]) -> int | None:
    number = message.get("req_id")
    return None if number is None else whole(number)


CODEC: Final = StreamCodec(
    path=STREAM_PATH,
    command=command,
    decode_batch=decode_batch,
    ping=PING,
)
"""The language of the streams."""
