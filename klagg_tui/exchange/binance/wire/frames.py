"""Websocket messages into values, combined (`{"stream":…,"data":…}`) or raw."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.binance.wire.derivatives import liquidation, mark_prices
from klagg_tui.exchange.binance.wire.instruments import TRADING
from klagg_tui.exchange.binance.wire.trades import OWN_MARK, read_trade, trade_fields
from klagg_tui.exchange.fields import Json, decoded, mapping, symbol, text, whole, words
from klagg_tui.exchange.messages import (
    Acknowledged,
    Batch,
    BesideTrades,
    ContractChanged,
    Message,
    Rejected,
    ServerShutdown,
    Skipped,
)


def decode_batch(raws: Iterable[bytes], mark: int = OWN_MARK) -> Batch:
    """The messages of a connection as values, trades by the shortest way; a damaged one costs only itself.

    `mark`: what `st` says in events of the market that is meant, where it is there.
    """
    trades: list[TradeFields] = []
    others: list[Message] = []
    damaged: list[tuple[bytes, Exception]] = []
    for raw in raws:
        try:
            fields = _combined_trade(raw, mark)
            if fields is not None:
                trades.append(fields)
            elif isinstance(message := read_message(raw, mark), AggTrade):
                trades.append(message)
            else:
                others.append(message)
                if isinstance(message, BesideTrades) and message.damage:
                    damaged.append((raw, message.damage))
        except (BadFrame, BadNumber) as error:
            damaged.append((raw, error))
    return Batch(trades, others, damaged)


def read_message(raw: bytes | str, mark: int = OWN_MARK) -> Message:
    """One message as a value.

    Raises:
        BadFrame, BadNumber: it is damaged.
    """
    found = decoded(raw)
    if isinstance(found, list):
        return mark_prices(found, mark)
    message = mapping(found)
    data = message.get("data")
    if isinstance(data, dict):
        return _event(data, mark)
    if isinstance(data, list):
        return mark_prices(data, mark)
    if "e" in message:
        return _event(message, mark)
    if "error" in message or "code" in message:
        return _rejected(message)
    if "result" in message:
        return Acknowledged(whole(message.get("id")))
    raise BadFrame("a message is neither an event nor an answer")


def _combined_trade(raw: bytes, mark: int) -> TradeFields | None:
    """The trade in a combined message, None where it is anything else."""
    # As `decoded` does, but in place: every message of the market passes here.
    try:
        data = orjson.loads(raw)["data"]
        if data["e"] != "aggTrade" or data.get("st", mark) != mark:
            return None
    except orjson.JSONDecodeError as error:
        raise BadFrame(f"a message is no JSON: {error}") from error
    except (KeyError, TypeError):
        return None
    return trade_fields(data)


def _event(data: dict[str, Json], mark: int) -> Message:
    name = text(data.get("e"))
    if name == "aggTrade":
        trade = read_trade(data, mark)
        return trade if isinstance(trade, Skipped) else AggTrade(*trade)
    if name == "forceOrder":
        return liquidation(data, mark)
    if name == "contractInfo":
        return _contract(data, mark)
    return ServerShutdown() if name == "serverShutdown" else Skipped(name[:40])


def _contract(data: dict[str, Json], mark: int) -> ContractChanged | Skipped:
    if data.get("st", mark) != mark:
        return Skipped("contractInfo of another market")
    return ContractChanged(symbol(text(data.get("s"))), text(data.get("cs")) == TRADING)


def _rejected(message: dict[str, Json]) -> Rejected:
    """Both shapes: the documented bare one and the wrapped one with an id that has been seen."""
    body = mapping(message.get("error", message))
    code = body.get("code")
    if type(code) is not int:
        raise BadFrame("a refusal has no code")
    answered = message.get("id")
    return Rejected(None if answered is None else whole(answered), code, words(body.get("msg")))
