"""The listing: which instruments there are, which of them are trading, and what their contracts are worth.

Source: okx.com/docs-v5, "Get instruments", and the recorded listings of 2022.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS
from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.listing import Instrument, Instruments
from klagg_tui.exchange.numerals import decimals_of, moment_of_digits, product
from klagg_tui.exchange.okx.facts import INVERSE, LINEAR, SPOT, Market
from klagg_tui.exchange.okx.wire.answers import rows
from klagg_tui.exchange.reading import read_listing
from klagg_tui.exchange.units import COINS, Contract

LIVE: Final = "live"
RESTING: Final = frozenset({"suspend", "rebase", "post_only"})
"""States of an instrument in which nobody trades for a while."""
_STATES: Final = frozenset({LIVE, "preopen", "test", *RESTING})


class Listed(NamedTuple):
    """A listing that was read."""

    instruments: Instruments
    contracts: dict[str, Contract]
    """Units of sizes, of every instrument that was read."""


def read_instruments(raw: bytes, market: Market) -> Listed:
    """Every instrument of a market; raises BadFrame where there is no list of them, or an empty one."""
    contracts: dict[str, Contract] = {}

    def read(row: Json) -> Instrument:
        instrument, contract = _read(fields.mapping(row), market)
        contracts[instrument.symbol] = contract
        return instrument

    return Listed(read_listing(rows(raw), read, partial(fields.symbol_in, name="instId")), contracts)


def _read(entry: dict[str, Json], market: Market) -> tuple[Instrument, Contract]:
    """One entry, and the unit of its sizes.

    Raises:
        BadFrame, KeyError: it cannot be understood, a state that nobody has seen yet included.
    """
    symbol, state = fields.symbol_in(entry, "instId"), fields.one_of(_STATES, entry["state"], "state")
    if (inst_type := fields.text(entry["instType"])) != market.inst_type:
        raise BadFrame(f"it is of the market {inst_type[:40]!r}")
    kind = market.inst_type if market is SPOT else fields.text(entry["ctType"])
    contract, base, quote = _unit(entry, kind)
    price_decimals, quantity_decimals = (
        decimals_of(fields.text(entry["tickSz"])),
        decimals_of(product(fields.text(entry["lotSz"]), contract.size)),
    )
    if price_decimals > PRICE_DECIMALS or quantity_decimals > QUANTITY_DECIMALS:
        raise BadFrame(f"its prices have {price_decimals} decimals and its quantities {quantity_decimals}")
    listed_ms = moment_of_digits(fields.text(entry["listTime"])) if entry.get("listTime") else 0
    instrument = Instrument(
        symbol,
        quote,
        kind,
        state == LIVE,
        price_decimals,
        quantity_decimals,
        listed_ms,
        is_halted=state in RESTING,
        base=base,
        contract_value=contract.value,
    )
    return instrument, contract


def _unit(entry: dict[str, Json], kind: str) -> tuple[Contract, str, str]:
    """The unit of sizes, the base and the quote: derivatives name them by what a contract is worth and what it is paid in."""
    if kind == SPOT.inst_type:
        return COINS, fields.text(entry["baseCcy"]), fields.text(entry["quoteCcy"])
    value = product(fields.text(entry["ctVal"]), fields.text(entry["ctMult"]) or "1")
    if value == "0":
        raise BadFrame("a contract is worth nothing")
    counted, paid = fields.text(entry["ctValCcy"]), fields.text(entry["settleCcy"])
    if counted == paid:
        raise BadFrame(f"a contract is worth {counted} and paid in it")
    if kind == LINEAR:
        return Contract(size=value), counted, paid
    if kind == INVERSE:
        return Contract(value=value), paid, counted
    raise BadFrame(f"contracts of the type {kind[:40]!r} are not read")
