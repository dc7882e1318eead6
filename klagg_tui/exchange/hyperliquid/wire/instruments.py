"""The listing: the `universe` of `meta`, which has a coin's name and the decimals of its sizes."""

from __future__ import annotations

from functools import partial
from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.hyperliquid.facts import PERPETUAL, QUOTE
from klagg_tui.exchange.listing import Instrument, Instruments
from klagg_tui.exchange.reading import read_listing

_DECIMALS: Final = 6
"""Of a price and a size together: "Tick and lot size" allows prices 6 decimals less those of the size."""


def read_instruments(raw: bytes) -> Instruments:
    """Every perpetual of the exchange's own; raises BadFrame where there is no list of them, or an empty one."""
    rows = fields.sequence(fields.mapping(fields.decoded(raw)).get("universe"))
    return read_listing(rows, _instrument, partial(fields.symbol_in, name="name"))


def _instrument(row: Json) -> Instrument:
    entry = fields.mapping(row)
    coin, decimals, is_gone = fields.symbol_in(row, "name"), entry.get("szDecimals"), entry.get("isDelisted")
    if type(decimals) is not int or not 0 <= decimals <= _DECIMALS:
        raise BadFrame("the decimals of a size are out of range")
    if is_gone not in (None, False, True):
        raise BadFrame("whether a coin is delisted cannot be read")
    return Instrument(coin, QUOTE, PERPETUAL, not is_gone, _DECIMALS - decimals, decimals, 0, base=coin)
