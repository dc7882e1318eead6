"""The listing: which products there are, and which of them are trading."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.listing import Instrument, Instruments, Unread

_ONLINE: Final = "online"
_STATUSES: Final = frozenset({_ONLINE, "offline", "internal", "delisted"})
"""Page "Get all known trading pairs"."""
_RESTING: Final = ("trading_disabled", "cancel_only", "post_only", "auction_mode")
"""While one of these is set nothing is matched, and is to be again."""
_INCREMENT: Final = re.compile(r"\d{1,12}(?:\.(\d{1,12}))?")

MOST_LISTED: Final = 5_000
"""Entries that are read."""


def read_products(raw: bytes) -> Instruments:
    """Every product that the exchange lists; an odd entry costs only itself.

    Entries past `MOST_LISTED` are left out and counted among those that were not read.

    Raises:
        BadFrame: there is no list of them, or an empty one.
    """
    rows = fields.sequence(fields.decoded(raw))
    if not rows:
        raise BadFrame("it lists nothing at all")
    found: list[Instrument] = []
    odd: list[tuple[Json, Exception]] = []
    for row in rows[:MOST_LISTED]:
        try:
            found.append(_product(row))
        except BadFrame as error:
            odd.append((row, error))
    named = {name for row, _ in odd if (name := _name_of(row))}
    cut = max(0, len(rows) - MOST_LISTED)
    reason = f"a listing is read up to its {MOST_LISTED:,}th entry" if cut else str(odd[0][1]) if odd else ""
    return Instruments(tuple(found), Unread(len(odd) + cut, frozenset(named), reason))


def _product(row: Json) -> Instrument:
    try:
        entry = fields.mapping(row)
        status = fields.text(entry["status"])
        rests = any(entry.get(name) is True for name in _RESTING)
        product = Instrument(
            symbol=fields.symbol(fields.text(entry["id"])),
            quote=fields.text(entry["quote_currency"]),
            contract_type="SPOT",
            is_trading=status == _ONLINE and not rests,
            price_decimals=_decimals(entry["quote_increment"]),
            quantity_decimals=_decimals(entry["base_increment"]),
            listed_ms=0,
            is_halted=status == _ONLINE and rests,
            base=fields.text(entry["base_currency"]),
        )
    except KeyError as error:
        raise BadFrame(f"the field {error} is missing") from error
    if status not in _STATUSES:
        raise BadFrame(f"the status {status[:40]!r} is unknown")
    return product


def _decimals(increment: Json) -> int:
    """Decimals of a step such as "0.010"; a step of which more than eight count is not known."""
    step = _INCREMENT.fullmatch(fields.text(increment))
    if step is None:
        raise BadFrame("an increment is no number")
    return min(8, len((step[1] or "").rstrip("0")))


def _name_of(row: Json) -> str | None:
    """Whose entry it is, where at least that can be read."""
    try:
        return fields.symbol(fields.text(fields.mapping(row)["id"]))
    except (BadFrame, *DAMAGE):
        return None
