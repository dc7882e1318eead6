"""Websocket messages into values: trades, answers to commands, notices, and the text that answers a ping."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Final

from klagg_tui.engine.events import TradeFields
from klagg_tui.exchange.fields import Json, decoded, mapping, sequence, symbol, text, words
from klagg_tui.exchange.messages import Acknowledged, Batch, Message, Rejected, ServerShutdown, Skipped
from klagg_tui.exchange.numerals import digits
from klagg_tui.exchange.okx.wire import commands
from klagg_tui.exchange.okx.wire.commands import PONG, TRADES, stream_name
from klagg_tui.exchange.okx.wire.trades import trade_fields
from klagg_tui.exchange.reading import decode_each
from klagg_tui.exchange.units import Contracts, contract_of
from klagg_tui.exchange.venue import StreamCodec

_CLOSING: Final = "64008"
"""Code of the notice that a service is upgraded in a minute."""
_AT_FAULT: Final = re.compile(r"channel:\s*([\w-]+)\s*,\s*instId:\s*(\S+) doesn't exist")
"""In the text of error 60018: which argument is meant."""


def codec(contracts: Contracts) -> StreamCodec:
    """The language of the streams; `contracts` may learn of others while it is in use."""
    return StreamCodec(
        path=commands.STREAM_PATH,
        trade_stream=commands.trade_stream,
        command=commands.command,
        decode_batch=partial(decode_batch, contracts),
        ping=commands.PING,
    )


def decode_batch(contracts: Contracts, raws: Iterable[bytes]) -> Batch:
    """The messages of a connection as values; a damaged one costs only itself.

    `contracts` has the units of sizes; a trade of an instrument that it does not know is damage, never a guess.
    """

    def read(raw: bytes, batch: Batch) -> None:
        if raw == PONG:
            batch.others.append(Skipped("pong"))
            return
        message = mapping(decoded(raw))
        if "data" in message:
            batch.trades.extend(_trades(message, contracts, batch.others))
        else:
            batch.others.append(_answer(message))

    return decode_each(raws, read)


def _trades(message: dict[str, Json], contracts: Contracts, others: list[Message]) -> list[TradeFields]:
    """The trades of a message; of another channel none, which is noted among `others`."""
    argument = mapping(message.get("arg"))
    if (channel := text(argument.get("channel"))) != TRADES:
        others.append(Skipped(channel[:40]))
        return []
    name = symbol(text(argument.get("instId")))
    contract = contract_of(contracts, name)
    return [trade_fields(mapping(row), name, contract) for row in sequence(message["data"])]


def _answer(message: dict[str, Json]) -> Message:
    event = text(message.get("event"))
    if event in {"subscribe", "unsubscribe"}:
        argument = mapping(message.get("arg"))
        stream = stream_name(text(argument.get("channel")), text(argument.get("instId")))
        return Acknowledged(_id(message), (stream,))
    if event == "error":
        return _rejected(message)
    if event == "notice" and message.get("code") == _CLOSING:
        return ServerShutdown()
    return Skipped(event[:40])


def _rejected(message: dict[str, Json]) -> Rejected:
    said = words(message.get("msg"))
    at_fault = _AT_FAULT.search(said)
    stream = stream_name(at_fault[1], at_fault[2]) if at_fault else None
    return Rejected(_id(message), digits(message.get("code")), said, stream)


def _id(message: dict[str, Json]) -> int | None:
    """The number of the command that is answered; None where the answer names none."""
    return digits(message["id"]) if message.get("id") else None
