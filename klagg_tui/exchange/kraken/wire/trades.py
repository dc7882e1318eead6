"""One trade, as the stream sends it and as REST answers it."""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.kraken.facts import DECIMALS
from klagg_tui.exchange.kraken.wire.answers import rows_of
from klagg_tui.exchange.numerals import number_text, rfc3339_ms, seconds_ms
from klagg_tui.exchange.reading import lone_trade, sound_trades

_IS_BUYER_MAKER: Final = {"buy": False, "sell": True, "b": False, "s": True}
"""The side is the taker's."""
_SECOND_NS: Final = 1_000_000_000
_SLOPPY_NS: Final = 1_000
"""Times of rows have seven decimals and went by way of a float."""


def trade_fields(trade: dict[str, Json]) -> TradeFields:
    """The fields of a trade of the stream, whose price and quantity are JSON numbers read as their digits.

    Raises:
        BadFrame: a field is missing, of the wrong type or out of range. Whether the digits make a price is for the
            engine to judge.
    """
    try:
        traded_ms, number = rfc3339_ms(trade["timestamp"]), fields.whole(trade["trade_id"])
        symbol = fields.symbol(trade["symbol"])  # type: ignore[arg-type]  # it checks the type itself
        is_buyer_maker = _IS_BUYER_MAKER[trade["side"]]  # type: ignore[index]  # a KeyError or TypeError
        price, quantity = number_text(trade["price"]), number_text(trade["qty"])
        return lone_trade(symbol, price, quantity, traded_ms, is_buyer_maker, number)
    except (KeyError, TypeError) as error:
        raise BadFrame(f"a trade lacks a field or has one of another type: {error}") from error


class TradePage(NamedTuple):
    """A reply with trades, in order of their ids."""

    trades: list[AggTrade]
    last_ns: int
    """From when on it goes on, in nanoseconds since the epoch; the trades of that very moment may come again."""


def read_trades(raw: bytes, name: str) -> TradePage:
    """The trades of a reply. It is good or bad as a whole.

    Raises:
        BadFrame, BadNumber: any of them is damaged, or the ids do not rise.
    """
    rows, last = rows_of(raw)
    found = sound_trades([_row(row, name) for row in rows], name, DECIMALS)
    return TradePage(found, _last_ns(last, rows))


def _row(row: list[Json], name: str) -> AggTrade:
    try:
        number, traded_ms = fields.whole(row[6]), seconds_ms(row[2])
        is_buyer_maker = _IS_BUYER_MAKER[row[3]]  # type: ignore[index]
        price, quantity = fields.text(row[0]), fields.text(row[1])
        return AggTrade(*lone_trade(name, price, quantity, traded_ms, is_buyer_maker, number))
    except DAMAGE as error:
        raise BadFrame(f"a trade of {name} cannot be read: {error}") from error


def _last_ns(last: Json, rows: list[list[Json]]) -> int:
    """`last` is a text of digits, and sometimes missing: then the last microsecond, which the time tells, is asked for again."""
    if type(last) is str and last.isascii() and last.isdecimal() and len(last) < 20:
        return int(last)
    if not rows:
        return 0
    whole, _, fraction = number_text(rows[-1][2]).partition(".")
    return int(whole) * _SECOND_NS + int(fraction.ljust(9, "0")[:9]) - _SLOPPY_NS
