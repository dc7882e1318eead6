"""Rows of aggregate-trade archives: `id,price,quantity,first id,last id,time,buyer is maker[,best match]`.

Ten million of them go through `read_trades`, which is why it is plain. Ids are held to the range of the wire's decoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive.columns import TRADE_COLUMNS
from klagg_tui.exchange.binance.archive.rows import END_OF_TIME_MS, milliseconds
from klagg_tui.exchange.fields import LARGEST

# "is buyer maker" and, in spot archives, "is best match" behind it: the rest of a row after its time.
_MAKER: Final = {
    f"{maker}{best}": maker.lower() == "true"
    for maker in ("true", "True", "TRUE", "false", "False", "FALSE")
    for best in ("", ",true", ",True", ",TRUE", ",false", ",False", ",FALSE")
}
_LONGEST_ID: Final = 20
"""Digits: longer ones are no ids."""


def read_trades(symbol: str, lines: Sequence[str]) -> tuple[list[AggTrade], list[int]]:
    """The trades of some rows, and the places of the rows that hold none; texts of price and quantity are not read."""
    trades: list[AggTrade] = []
    bad: list[int] = []
    take, make, maker_of = trades.append, tuple.__new__, _MAKER
    for at, line in enumerate(lines):
        try:
            trade_id, price, quantity, first_id, last_id, time, maker = line.split(",", 6)
            traded_ms = int(time)
            if not 0 <= traded_ms < END_OF_TIME_MS:
                traded_ms = milliseconds(traded_ms)
            aggregate, first, last = int(trade_id), int(first_id), int(last_id)
            if not (0 <= aggregate <= LARGEST and -1 <= first <= last <= LARGEST):  # `_are_ids`, in place
                bad.append(at)
                continue
            take(
                make(
                    AggTrade,
                    (symbol, price, quantity, traded_ms, maker_of[maker], aggregate, first, last, traded_ms),
                )
            )
        except (ValueError, KeyError, BadRow):
            bad.append(at)
    return trades, bad


def trade_ids(lines: Sequence[str]) -> list[int]:
    """The ids that these rows begin with, without those of rows that begin with none."""
    texts = [line.partition(",")[0] for line in lines]
    try:
        ids = list(map(int, texts))
    except ValueError:
        ids = [int(text) for text in texts if text.isdecimal() and len(text) < _LONGEST_ID]
    return [one for one in ids if one <= LARGEST] if ids and max(ids) > LARGEST else ids


def fault_of_trade(line: str) -> str:
    """What is wrong with a row that holds no trade, by taking it apart slowly."""
    fields = line.split(",")
    if len(fields) not in TRADE_COLUMNS:
        return f"{len(fields)} columns instead of 7 or 8"
    for name, text in zip(("id", "first id", "last id", "time"), (fields[0], *fields[3:6]), strict=True):
        if not text.removeprefix("-").isdecimal():
            return f"{text[:40]!r} is no {name}"
    if not _are_ids(int(fields[0]), int(fields[3]), int(fields[4])):
        return f"the ids {fields[0][:40]}, {fields[3][:40]} and {fields[4][:40]} are out of range or order"
    if (maker := ",".join(fields[6:])) not in _MAKER:
        return f"{maker[:40]!r} does not say whether the buyer is the maker"
    try:
        milliseconds(int(fields[5]))
    except (ValueError, BadRow) as error:
        return str(error)
    return "unreadable"


def _are_ids(trade_id: int, first_id: int, last_id: int) -> bool:
    """As in the wire: records without a trade carry -1 as first and last id."""
    return 0 <= trade_id <= LARGEST and -1 <= first_id <= last_id <= LARGEST
