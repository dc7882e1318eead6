"""Events as recorders keep them: one JSON text a line, raw, wrapped in `{"stream", "data"}`, or with a receive time.

Some recorders write the receive time and a colon before it, some the address they listened to as the first line. Trades
are read by the wire's decoder, as live ones are.
"""

from __future__ import annotations

import re
from typing import Final

import orjson

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFrame, BadRow
from klagg_tui.exchange.binance.archive.rows import BEFORE_EVENT, END_OF_TIME_MS, milliseconds
from klagg_tui.exchange.binance.wire.trades import OWN_MARK, trade_fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.messages import Skipped

_ADDRESS: Final = re.compile(r"\s*wss?://")


def read_event(line: str) -> dict[str, Json] | None:
    """The event of a line without its wrapping; None for the address that was listened to.

    Raises:
        BadRow: the line holds none.
    """
    begin = line.find("{")
    if begin != 0:
        if _ADDRESS.match(line):
            return None
        if begin < 0 or not BEFORE_EVENT.fullmatch(line, 0, begin):
            raise BadRow("no message")
        line = line[begin:]
    try:
        message: dict[str, Json] = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadRow("no JSON text") from error
    data = message.get("data")
    return data if isinstance(data, dict) else message


def is_trade(event: dict[str, Json]) -> bool:
    """Whether an event is an aggregate trade."""
    return event.get("e") == "aggTrade"


def sent_ms(event: dict[str, Json]) -> int | None:
    """When an event was sent, where it says so."""
    time = event.get("E")
    return milliseconds(time) if type(time) is int else None


def read_recorded_trade(event: dict[str, Json], own_market: int = OWN_MARK) -> AggTrade | Skipped:
    """The trade of an event; `Skipped` where it belongs to another market than `own_market`, by its `st`.

    Without a time of sending it counts as sent when it was traded; times may be in microseconds.

    Raises:
        BadRow: it is damaged; texts of price and quantity are not read.
    """
    if event.get("st", own_market) != own_market:
        return Skipped("aggTrade of another market")
    traded, sent = event.get("T"), event.get("E")
    if sent is None or _is_late(traded) or _is_late(sent):
        event = {**event, "T": _milliseconds(traded), "E": _milliseconds(traded if sent is None else sent)}
    try:
        trade = trade_fields(event)
    except BadFrame as error:
        raise BadRow(_fault_of(event) or str(error)) from error
    milliseconds(trade[3])
    return AggTrade(*trade)


def _fault_of(event: dict[str, Json]) -> str | None:
    """Which field made the decoder refuse an event: whoever has the file wants to know where to look."""
    for name, (kind, wanted) in _FIELDS.items():
        if name not in event:
            return f"field {name} is missing"
        if type(event[name]) is not kind:
            return f"field {name} is {wanted}"
    return None


_FIELDS: Final[dict[str, tuple[type, str]]] = {
    **dict.fromkeys("spq", (str, "no text")),
    **dict.fromkeys("TEafl", (int, "no whole number")),
    "m": (bool, "not true or false"),
}


def _is_late(time: Json) -> bool:
    return type(time) is int and time >= END_OF_TIME_MS


def _milliseconds(time: Json) -> Json:
    return milliseconds(time) if type(time) is int else time
