"""The listing: which pairs there are, what REST calls them, and which of them are trading."""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.kraken.facts import DECIMALS, RENAMED
from klagg_tui.exchange.kraken.wire.answers import result_of
from klagg_tui.exchange.listing import Instrument, Instruments
from klagg_tui.exchange.reading import read_listing

_TRADING: Final = frozenset({"online", "limit_only", "reduce_only"})
_HALTED: Final = frozenset({"cancel_only", "post_only", "maintenance"})
_STATUSES: Final = _TRADING | _HALTED | {"delisted", "work_in_progress"}
"""Pages "Get Tradable Asset Pairs" and "Instruments". The answers of 2021 have none: all pairs were online."""


class Pairs(NamedTuple):
    """What the exchange lists, and what REST calls it."""

    listed: Instruments
    rest_names: dict[str, str]
    """By symbol: `XBTUSD` of `BTC/USD`."""
    symbols: dict[str, str]
    """By what REST calls pairs in its answers: `BTC/USD` of `XXBTZUSD`."""


def read_pairs(raw: bytes) -> Pairs:
    """Every pair that the websocket knows; dark pools have no name there and are left out.

    Raises:
        BadFrame: there is no list of them, or an empty one.
    """
    entries = fields.mapping(result_of(raw))
    open_to_all = [key for key, entry in entries.items() if not _is_dark(key, entry)]
    rest_names: dict[str, str] = {}
    symbols: dict[str, str] = {}

    def read(key: str) -> Instrument:
        pair = _pair(entries[key])
        rest_names[pair.symbol] = fields.symbol(fields.text(fields.mapping(entries[key]).get("altname", key)))
        symbols[key] = pair.symbol
        return pair

    listed = read_listing(open_to_all, read, lambda key: _symbol_of(fields.mapping(entries[key])))
    return Pairs(listed, rest_names, symbols)


def _is_dark(key: str, entry: Json) -> bool:
    return isinstance(entry, dict) and "wsname" not in entry and key.endswith(".d")


def _pair(row: Json) -> Instrument:
    """One entry. Its `base` and `quote` are of an older naming (XXBT, ZUSD), those in `wsname` are people's."""
    entry = fields.mapping(row)
    base, quote = _sides(entry)
    status = fields.one_of(_STATUSES, entry.get("status", "online"), "status")
    return Instrument(
        symbol=_symbol_of(entry),
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


def _symbol_of(entry: dict[str, Json]) -> str:
    return fields.symbol("/".join(_sides(entry)))
