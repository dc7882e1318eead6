"""Rows of aggregate-trade archives: `id,price,quantity,first id,last id,time,buyer is maker[,best match]`.

Ten million of them go through `read_trades`, which is why it is plain. Ids are held to the range of the wire's decoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive.columns import TRADE_COLUMNS
from klagg_tui.exchange.binance.archive.rows import EARLIEST_MS, END_OF_TIME_MS, milliseconds, whole_number
from klagg_tui.exchange.fields import LARGEST, MOST_FILLS, are_trade_ids

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
            if not EARLIEST_MS <= traded_ms < END_OF_TIME_MS:
                traded_ms = milliseconds(traded_ms)
            aggregate, first, last = int(trade_id), int(first_id), int(last_id)
            if (
                not (0 <= aggregate <= LARGEST and -1 <= first <= last <= LARGEST)  # `are_trade_ids`, in place
                or last - first >= MOST_FILLS
                or not line.isascii()  # int() takes other scripts' digits, and "1_0"
                or "_" in line
            ):
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
    try:
        named = zip(("id", "first id", "last id", "time"), (fields[0], *fields[3:6]), strict=True)
        ids = [whole_number(text, name) for name, text in named]
        milliseconds(ids.pop())
    except BadRow as error:
        return str(error)
    if not are_trade_ids(*ids):
        return f"the ids {', '.join(map(str, ids[:2]))} and {ids[2]} are out of range or order"
    if (maker := ",".join(fields[6:])) not in _MAKER:
        return f"{maker[:40]!r} does not say whether the buyer is the maker"
    return "unreadable"
