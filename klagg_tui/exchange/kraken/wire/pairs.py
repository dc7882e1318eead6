"""The listing: which pairs there are, what REST calls them, and which of them are trading."""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.kraken.facts import DECIMALS, RENAMED
from klagg_tui.exchange.kraken.wire.answers import result_of
from klagg_tui.exchange.listing import Instrument, Instruments, Unread

_TRADING: Final = frozenset({"online", "limit_only", "reduce_only"})
_HALTED: Final = frozenset({"cancel_only", "post_only", "maintenance"})
_STATUSES: Final = _TRADING | _HALTED | {"delisted", "work_in_progress"}
"""Pages "Get Tradable Asset Pairs" and "Instruments". The answers of 2021 have none: all pairs were online."""

MOST_LISTED: Final = 10_000
"""Entries that are read."""


class Pairs(NamedTuple):
    """What the exchange lists, and what REST calls it."""

    listed: Instruments
    rest_names: dict[str, str]
    """By symbol: `XBTUSD` of `BTC/USD`."""
    symbols: dict[str, str]
    """By what REST calls pairs in its answers: `BTC/USD` of `XXBTZUSD`."""


def read_pairs(raw: bytes) -> Pairs:
    """Every pair that the websocket knows; dark pools have no name there and are left out. An odd entry costs only itself.

    Entries past `MOST_LISTED` are left out and counted among those that were not read.

    Raises:
        BadFrame: there is no list of them, or an empty one.
    """
    entries = list(fields.mapping(result_of(raw)).items())
    if not entries:
        raise BadFrame("it lists nothing at all")
    found: list[Instrument] = []
    rest_names: dict[str, str] = {}
    symbols: dict[str, str] = {}
    odd: list[tuple[Json, Exception]] = []
    for key, entry in entries[:MOST_LISTED]:
        if isinstance(entry, dict) and "wsname" not in entry and key.endswith(".d"):
            continue
        try:
            pair = _pair(entry)
            rest_names[pair.symbol] = fields.symbol(fields.text(fields.mapping(entry).get("altname", key)))
        except (BadFrame, *DAMAGE) as error:
            odd.append((entry, error))
        else:
            found.append(pair)
            symbols[key] = pair.symbol
    named = {name for entry, _ in odd if (name := _name_of(entry))}
    cut = max(0, len(entries) - MOST_LISTED)
    reason = f"a listing is read up to its {MOST_LISTED:,}th entry" if cut else str(odd[0][1]) if odd else ""
    return Pairs(Instruments(tuple(found), Unread(len(odd) + cut, frozenset(named), reason)), rest_names, symbols)


def _pair(row: Json) -> Instrument:
    """One entry. Its `base` and `quote` are of an older naming (XXBT, ZUSD), those in `wsname` are people's."""
    entry = fields.mapping(row)
    base, quote = _sides(entry)
    status = fields.text(entry.get("status", "online"))
    if status not in _STATUSES:
        raise BadFrame(f"the status {status[:40]!r} is unknown")
    return Instrument(
        symbol=fields.symbol(f"{base}/{quote}"),
        quote=quote,
        contract_type="SPOT",
        is_trading=status in _TRADING,
        price_decimals=min(fields.whole(entry.get("pair_decimals")), DECIMALS),
        quantity_decimals=min(fields.whole(entry.get("lot_decimals")), 8),
        listed_ms=0,
        is_halted=status in _HALTED,
        base=base,
    )


def _sides(entry: dict[str, Json]) -> tuple[str, str]:
    base, slash, quote = fields.text(entry.get("wsname")).partition("/")
    if not (base and slash and quote):
        raise BadFrame("the name of a pair does not part it")
    return RENAMED.get(base, base), RENAMED.get(quote, quote)


def _name_of(row: Json) -> str | None:
    """Whose entry it is, where at least that can be read."""
    try:
        return fields.symbol("/".join(_sides(fields.mapping(row))))
    except (BadFrame, *DAMAGE):
        return None
