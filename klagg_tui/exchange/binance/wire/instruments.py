"""The listing: which contracts there are, and which of them are trading."""

from __future__ import annotations

from functools import partial
from typing import Final

from klagg_tui.engine.exact import price_decimals_of
from klagg_tui.engine.parsing import price
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange import fields
from klagg_tui.exchange.binance.facts import DECIMALS
from klagg_tui.exchange.binance.products import UM, Product
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.listing import Instrument, Instruments
from klagg_tui.exchange.reading import read_listing

TRADING: Final = "TRADING"
HALTED: Final = frozenset({"TRADING_HALT", "TRADING_CANCEL_ONLY", "HALT"})
"""Statuses of a contract in which nobody trades for a while: developers.binance.com, "Common Definition", and spot's enums.
`BREAK` is none: a pair that was taken off stays listed so (XRPUSD of Binance.US, 2021)."""
_STATUSES: Final = frozenset(
    {
        TRADING,
        "PENDING_TRADING",
        "PRE_DELIVERING",
        "DELIVERING",
        "DELIVERED",
        "PRE_SETTLE",
        "SETTLING",
        "CLOSE",
        # of spot: binance-spot-api-docs, enums
        "PRE_TRADING",
        "POST_TRADING",
        "END_OF_DAY",
        "AUCTION_MATCH",
        "BREAK",
        *HALTED,
    }
)


def read_instruments(raw: bytes, product: Product = UM) -> Instruments:
    """Every contract that the exchange lists.

    Raises:
        BadFrame: there is no list of them, or an empty one.
    """
    reply = fields.mapping(fields.decoded(raw))
    found = read_listing(
        fields.sequence(reply.get("symbols")),
        lambda row: read_instrument(row, product),
        partial(fields.symbol_in, name="symbol"),
    )
    return found._replace(cost_limit=_cost_limit(reply.get("rateLimits")))


def read_instrument(row: Json, product: Product = UM) -> Instrument:
    """One entry.

    Raises:
        BadFrame: it cannot be understood, a status that nobody has seen yet included.
    """
    try:
        entry = fields.mapping(row)
        status = fields.one_of(_STATUSES, entry["contractStatus" if product.is_in_contracts else "status"], "status")
        instrument = _pair(entry, status) if product.is_spot else _contract(entry, status, product)
    except KeyError as error:
        raise BadFrame(f"the field {error} is missing") from error
    return instrument


def _contract(entry: dict[str, Json], status: str, product: Product) -> Instrument:
    return Instrument(
        fields.symbol_in(entry, "symbol"),
        fields.text(entry["quoteAsset"]),
        fields.text(entry["contractType"]),
        status == TRADING,
        _decimals(entry["pricePrecision"]),
        _decimals(entry["quantityPrecision"]),
        fields.moment(entry.get("onboardDate", 0)),
        status in HALTED,
        fields.text(entry.get("baseAsset", "")),
        str(_worth(entry["contractSize"])) if product.is_in_contracts else "",
    )


def _pair(entry: dict[str, Json], status: str) -> Instrument:
    """Of spot: nothing says when it was listed, and its type is that it may be traded so."""
    is_spot = entry["isSpotTradingAllowed"] is True
    return Instrument(
        fields.symbol_in(entry, "symbol"),
        fields.text(entry["quoteAsset"]),
        "SPOT",
        status == TRADING and is_spot,
        _step_decimals(entry, "PRICE_FILTER", "tickSize"),
        _step_decimals(entry, "LOT_SIZE", "stepSize"),
        0,
        status in HALTED and is_spot,
        fields.text(entry.get("baseAsset", "")),
    )


def _worth(size: Json) -> int:
    """What a contract is worth, in dollars: 100 of bitcoin, 10 of the rest."""
    if not 0 < fields.whole(size) <= _MOST_WORTH:
        raise BadFrame("the size of a contract is out of range")
    return size  # type: ignore[return-value]  # `whole` looked


_MOST_WORTH: Final = 10**6


def _step_decimals(entry: dict[str, Json], kind: str, name: str) -> int:
    """How many decimals a step has: 6 of `0.00000100`. Texts of prices are padded to eight, which says nothing."""
    for rule in fields.sequence(entry["filters"]):
        if isinstance(rule, dict) and rule.get("filterType") == kind:
            try:
                return price_decimals_of(price(fields.text(rule[name]), DECIMALS))
            except BadNumber as error:
                raise BadFrame(f"a step is no number: {error}") from error
    raise BadFrame(f"the filter {kind} is missing")


def _decimals(precision: Json) -> int:
    """Decimals that are written: `7.6120` at a precision of 4, though the tick is 0.001 (SUSHIUSDT, 2021)."""
    return min(fields.whole(precision), DECIMALS)


def _cost_limit(rules: Json) -> int | None:
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and (rule.get("rateLimitType"), rule.get("interval")) == ("REQUEST_WEIGHT", "MINUTE"):
            limit = rule.get("limit")
            return limit if type(limit) is int and rule.get("intervalNum") == 1 and limit > 0 else None
    return None
