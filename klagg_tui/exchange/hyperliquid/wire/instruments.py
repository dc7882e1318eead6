"""The listing: the `universe` of `meta`, which has a coin's name and the decimals of its sizes."""

from __future__ import annotations

from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.hyperliquid.facts import PERPETUAL, QUOTE
from klagg_tui.exchange.listing import Instrument, Instruments, Unread

MOST_LISTED: Final = 5_000
"""Entries that are read; the exchange had some two hundred."""
_DECIMALS: Final = 6
"""Of a price and a size together: "Tick and lot size" allows prices 6 decimals less those of the size."""


def read_instruments(raw: bytes) -> Instruments:
    """Every perpetual of the exchange's own; one odd entry costs only itself.

    Raises:
        BadFrame: there is no list of them, or an empty one.
    """
    rows = fields.sequence(fields.mapping(fields.decoded(raw)).get("universe"))
    if not rows:
        raise BadFrame("it lists nothing at all")
    found: list[Instrument] = []
    odd: list[tuple[str | None, str]] = []
    for row in rows[:MOST_LISTED]:
        try:
            found.append(_instrument(row))
        except BadFrame as error:
            odd.append((_name_of(row), str(error)))
    odd += [(None, f"a listing is read up to its {MOST_LISTED:,}th entry") for _ in rows[MOST_LISTED:]]
    unread = Unread(len(odd), frozenset(name for name, _ in odd if name), odd[-1][1]) if odd else Unread()
    return Instruments(tuple(found), unread)


def _instrument(row: Json) -> Instrument:
    entry = fields.mapping(row)
    coin, decimals, is_gone = (
        fields.symbol(fields.text(entry.get("name"))),
        entry.get("szDecimals"),
        entry.get("isDelisted"),
    )
    if type(decimals) is not int or not 0 <= decimals <= _DECIMALS:
        raise BadFrame("the decimals of a size are out of range")
    if is_gone not in (None, False, True):
        raise BadFrame("whether a coin is delisted cannot be read")
    return Instrument(coin, QUOTE, PERPETUAL, not is_gone, _DECIMALS - decimals, decimals, 0, base=coin)


def _name_of(row: Json) -> str | None:
    """Whose entry it is, where at least that can be read."""
    try:
        return fields.symbol(fields.text(fields.mapping(row)["name"]))
    except (BadFrame, *DAMAGE):
        return None
