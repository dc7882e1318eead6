"""The listing: which products there are, and which of them are trading."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.listing import Instrument, Instruments
from klagg_tui.exchange.reading import read_listing

_ONLINE: Final = "online"
_STATUSES: Final = frozenset({_ONLINE, "offline", "internal", "delisted"})
"""Page "Get all known trading pairs"."""
_RESTING: Final = ("trading_disabled", "cancel_only", "post_only", "auction_mode")
"""While one of these is set nothing is matched, and is to be again."""
_INCREMENT: Final = re.compile(r"\d{1,12}(?:\.(\d{1,12}))?")


def read_products(raw: bytes) -> Instruments:
    """Every product that the exchange lists; raises BadFrame where there is no list of them, or an empty one."""
    return read_listing(fields.sequence(fields.decoded(raw)), _product, partial(fields.symbol_in, name="id"))


def _product(row: Json) -> Instrument:
    entry = fields.mapping(row)
    status = fields.one_of(_STATUSES, entry["status"], "status")
    rests = any(entry.get(name) is True for name in _RESTING)
    return Instrument(
        symbol=fields.symbol_in(row, "id"),
        quote=fields.text(entry["quote_currency"]),
        contract_type="SPOT",
        is_trading=status == _ONLINE and not rests,
        price_decimals=_decimals(entry["quote_increment"]),
        quantity_decimals=_decimals(entry["base_increment"]),
        listed_ms=0,
        is_halted=status == _ONLINE and rests,
        base=fields.text(entry["base_currency"]),
    )


def _decimals(increment: Json) -> int:
    """Decimals of a step such as "0.010"; a step of which more than eight count is not known."""
    step = _INCREMENT.fullmatch(fields.text(increment))
    if step is None:
        raise BadFrame("an increment is no number")
    return min(8, len((step[1] or "").rstrip("0")))
