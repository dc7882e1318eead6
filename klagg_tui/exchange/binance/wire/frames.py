"""Websocket messages into values, combined (`{"stream":…,"data":…}`) or raw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import orjson

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.engine.parsing import number, turnover
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.binance.wire.fields import (
    DAMAGE,
    LARGEST,
    LATEST_MS,
    Json,
    decoded,
    mapping,
    moment,
    sequence,
    symbol,
    text,
    whole,
)
from klagg_tui.exchange.binance.wire.values import (
    Acknowledged,
    Batch,
    ContractChanged,
    Frame,
    Rejected,
    ServerShutdown,
    Skipped,
    Ticker,
    Tickers,
)

_OURS: Final = 1
"""`st` of USDⓈ-M symbols; since June 2026 the all-market streams carry COIN-M (2) too. Absent in older messages."""


def decode_batch(raws: Iterable[bytes]) -> Batch:
    """What the messages of a connection say, trades by the shortest way; a damaged one costs only itself."""
    trades: list[TradeFields] = []
    others: list[Frame] = []
    damaged: list[tuple[bytes, Exception]] = []
    for raw in raws:
        try:
            fields = _trade_in(raw)
            if fields is not None:
                trades.append(fields)
            elif isinstance(said := frame(raw), AggTrade):
                trades.append(said)
            else:
                others.append(said)
        except (BadFrame, BadNumber) as error:
            damaged.append((raw, error))
    return Batch(trades, others, damaged)


def frame(raw: bytes | str) -> Frame:
    """What one message says.

    Raises:
        BadFrame, BadNumber: it is damaged.
    """
    message = decoded(raw)
    if isinstance(message, dict) and isinstance(data := message.get("data"), dict):
        return trade(data) if data.get("e") == "aggTrade" else _event(data)
    return _uncombined(message)


def trade(data: dict[str, Json]) -> AggTrade | Skipped:
    """One aggregate trade of the stream; `Skipped` where it belongs to the other market.

    Raises:
        BadFrame: a field is missing, of the wrong type or out of range. What the price's and the quantity's texts say
            is for the engine to judge.
    """
    if data.get("st", _OURS) != _OURS:
        return Skipped("aggTrade of another market")
    return AggTrade(*_fields(data))


def _trade_in(raw: bytes) -> TradeFields | None:
    """The trade in a combined message, None where it says anything else."""
    # As `decoded` does, but in place: every message of the market passes here.
    try:
        data = orjson.loads(raw)["data"]
        if data["e"] != "aggTrade" or data.get("st", _OURS) != _OURS:
            return None
    except orjson.JSONDecodeError as error:
        raise BadFrame(f"a message is no JSON: {error}") from error
    except (KeyError, TypeError):
        return None
    return _fields(data)


def _fields(data: dict[str, Json]) -> TradeFields:
    """What a trade says. Its `nq`, the quantity without retail price improvement, is not used: bars count `q`."""
    try:
        price, quantity, is_buyer_maker = data["p"], data["q"], data["m"]
        traded_ms, event_ms = data["T"], data["E"]
        aggregate_id, first_id, last_id = data["a"], data["f"], data["l"]
        if (
            type(price) is str
            and type(quantity) is str
            and type(traded_ms) is int
            and 0 <= traded_ms < LATEST_MS
            and type(event_ms) is int
            and 0 <= event_ms < LATEST_MS
            and type(aggregate_id) is int
            and 0 <= aggregate_id <= LARGEST
            and type(first_id) is int
            # Records of no trade, with quantity 0, carry -1. They take an aggregate id, so they must come through.
            and type(last_id) is int
            and -1 <= first_id <= last_id <= LARGEST
            and type(is_buyer_maker) is bool
        ):
            return (
                symbol(data["s"]),  # type: ignore[arg-type]  # it checks the type itself
                price,
                quantity,
                traded_ms,
                is_buyer_maker,
                aggregate_id,
                first_id,
                last_id,
                event_ms,
            )
    except (KeyError, TypeError) as error:
        raise BadFrame(f"a trade lacks a field or has one of another type: {error}") from error
    raise BadFrame("a trade has a field of another type or out of range")


def _uncombined(message: Json) -> Frame:
    """Raw events, answers to commands, and all that has not the shape of a combined event."""
    if isinstance(message, list):
        return _tickers(message)
    if not isinstance(message, dict):
        raise BadFrame("a message is neither an object nor a list")
    if isinstance(data := message.get("data"), list):
        return _tickers(data)
    if "e" in message:
        return trade(message) if message["e"] == "aggTrade" else _event(message)
    if "error" in message or "code" in message:
        return _rejected(message)
    if "result" in message:
        return _acknowledged(message)
    raise BadFrame("a message is neither an event nor an answer")


def _acknowledged(message: dict[str, Json]) -> Acknowledged:
    result = message["result"]
    streams = tuple(text(name) for name in result) if isinstance(result, list) else ()
    return Acknowledged(whole(message.get("id")), streams)


def _rejected(message: dict[str, Json]) -> Rejected:
    """Both shapes: the documented bare one and the wrapped one with an id that has been seen."""
    body = mapping(message.get("error", message))
    code = body.get("code")
    if type(code) is not int:
        raise BadFrame("a refusal has no code")
    answered, reason = message.get("id"), body.get("msg")
    return Rejected(None if answered is None else whole(answered), code, reason[:500] if type(reason) is str else "")


def _event(data: dict[str, Json]) -> Frame:
    name = text(data.get("e"))
    if name == "contractInfo":
        return _contract(data)
    return ServerShutdown() if name == "serverShutdown" else Skipped(name[:40])


def _contract(data: dict[str, Json]) -> ContractChanged | Skipped:
    if data.get("st", _OURS) != _OURS:
        return Skipped("contractInfo of another market")
    return ContractChanged(
        symbol(text(data.get("s"))),
        text(data.get("ct")),
        text(data.get("cs")),
        moment(data.get("ot", 0)),
        min(whole(data.get("dt", LATEST_MS - 1)), LATEST_MS - 1),
        moment(data.get("E")),
    )


def _tickers(rows: list[Json]) -> Tickers:
    ours = [row for row in map(mapping, sequence(rows)) if row.get("st", _OURS) == _OURS]
    return Tickers(tuple(_ticker(row) for row in ours if row.get("e") == "24hrMiniTicker"))


def _ticker(row: dict[str, Json]) -> Ticker:
    try:
        first, high, low, last, volume = (number(text(row[name])) for name in "ohlcv")
        return Ticker(
            symbol(text(row["s"])), moment(row["E"]), first, high, low, last, volume, turnover(text(row["q"]))
        )
    except DAMAGE as error:
        raise BadFrame(f"a ticker cannot be read: {error}") from error
