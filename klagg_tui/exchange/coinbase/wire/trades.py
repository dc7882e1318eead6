"""One match, as the stream sends it and as REST answers it: one decoder for both."""

from __future__ import annotations

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.coinbase.facts import DECIMALS
from klagg_tui.exchange.fields import LARGEST, Json, decoded, mapping, sequence, symbol
from klagg_tui.exchange.numerals import rfc3339_ms
from klagg_tui.exchange.reading import lone_trade, sound_trades

_IS_BUYER_MAKER = {"buy": True, "sell": False}
"""`side` is the maker's ("Matches channel": "The side field indicates the maker order side")."""


def trade_fields(match: dict[str, Json]) -> TradeFields:
    """The fields of a trade. Its `sequence` is of the product's book and jumps, so it proves nothing.

    Raises:
        BadFrame: a field is missing, of the wrong type or out of range. Whether the texts of price and
            size are numbers is for the engine to judge.
    """
    try:
        price, size, number = match["price"], match["size"], match["trade_id"]
        if type(price) is str and type(size) is str and type(number) is int and 0 <= number <= LARGEST:
            traded_ms = rfc3339_ms(match["time"])
            product = symbol(match["product_id"])  # type: ignore[arg-type]  # it checks the type itself
            is_buyer_maker = _IS_BUYER_MAKER[match["side"]]  # type: ignore[index]  # a KeyError or TypeError
            return lone_trade(product, price, size, traded_ms, is_buyer_maker, number)
    except (KeyError, TypeError) as error:
        raise BadFrame(f"a match lacks a field or has one of another type: {error}") from error
    raise BadFrame("a match has a field of another type or out of range")


def read_trades(raw: bytes, name: str) -> list[AggTrade]:
    """The trades of a reply, in order of id; the reply has the newest first. It is good or bad as a whole.

    Raises:
        BadFrame, BadNumber: any of them is damaged, or the ids do not fall.
    """
    found = [_row(mapping(row), name) for row in reversed(sequence(decoded(raw)))]
    return sound_trades(found, name, DECIMALS)


def _row(row: dict[str, Json], name: str) -> AggTrade:
    """A row does not name its product."""
    return AggTrade(*trade_fields({**row, "product_id": name}))
