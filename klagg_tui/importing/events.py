"""JSON lines of the exchange's events, read into trades: raw, wrapped in `{"stream", "data"}`, or with a receive time.

Recorders write one message a line, some with the receive time and a colon before it, some with the address they
listened to as the first line. Only aggregate trades are taken; other events are counted and passed over.
"""

from __future__ import annotations

import re
from typing import Final

import orjson

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.parsing import number
from klagg_tui.errors import BadNumber, BadRow
from klagg_tui.importing.source import Block
from klagg_tui.importing.trades import Tally, milliseconds, refuse_half

_BEFORE: Final = re.compile(r"\s*(?:\d+(?:\.\d+)?\s*[:,]?\s*)?")
"""What may stand before a message: white space or a receive time."""
_ADDRESS: Final = re.compile(r"\s*wss?://")
_LONGEST_SYMBOL: Final = 40


def looks_like_a_message(line: str) -> bool:
    """Whether a line is a JSON object as recorders write them, by its ends."""
    begin = line.find("{")
    return begin >= 0 and line.rstrip().endswith("}") and _BEFORE.fullmatch(line, 0, begin) is not None


class EventRows:
    """Lines of events of any symbols."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def read(self, block: Block) -> list[AggTrade]:
        """The trades of some lines, and the records of nothing between them (see `TradeRows`), in their order."""
        trades: list[AggTrade] = []
        tally = self._tally
        for at, line in enumerate(block.lines):
            if not line.strip() or _ADDRESS.match(line):
                continue
            tally.rows += 1
            try:
                event = _event(line)
                if event.get("e") == "aggTrade":
                    self._take(event, trades)
                else:
                    tally.other += 1
            except orjson.JSONDecodeError:
                tally.reject(block.where(at), "no JSON text")
            except (BadRow, BadNumber) as error:
                tally.reject(block.where(at), str(error))
        return trades

    def _take(self, event: dict[str, object], trades: list[AggTrade]) -> None:
        symbol, price_text, quantity_text = _text(event, "s"), _text(event, "p"), _text(event, "q")
        if not 0 < len(symbol) <= _LONGEST_SYMBOL or not symbol.isprintable():
            raise BadRow(f"{symbol[:_LONGEST_SYMBOL]!r} is no symbol")
        price, quantity = number(price_text), number(quantity_text)
        refuse_half(price, quantity)
        trades.append(_trade(event, symbol, price_text, quantity_text))
        if price:
            self._tally.widen(symbol, price_text, quantity_text)
        else:
            self._tally.no_trades += 1


def _event(line: str) -> dict[str, object]:
    """The message of a line without its wrapping."""
    begin = line.find("{")
    if begin != 0:
        if begin < 0 or not _BEFORE.fullmatch(line, 0, begin):
            raise BadRow("no message")
        line = line[begin:]
    message: dict[str, object] = orjson.loads(line)
    data = message.get("data")
    return data if isinstance(data, dict) else message


def _trade(event: dict[str, object], symbol: str, price: str, quantity: str) -> AggTrade:
    traded_ms = milliseconds(_integer(event, "T"))
    maker = event.get("m")
    if not isinstance(maker, bool):
        raise BadRow("field m does not say whether the buyer is the maker")
    event_ms = milliseconds(_integer(event, "E")) if "E" in event else traded_ms
    ids = (_integer(event, "a"), _integer(event, "f"), _integer(event, "l"))
    return AggTrade(symbol, price, quantity, traded_ms, maker, *ids, event_ms)


def _text(event: dict[str, object], field: str) -> str:
    value = event.get(field)
    if not isinstance(value, str):
        raise BadRow(f"field {field} is {'missing' if value is None else 'no text'}")
    return value


def _integer(event: dict[str, object], field: str) -> int:
    value = event.get(field)
    if type(value) is not int:
        raise BadRow(f"field {field} is {'missing' if value is None else 'no whole number'}")
    return value
