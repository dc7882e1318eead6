"""The listing: which contracts there are, and which of them are trading."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.exact import DECIMALS
from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.listing import Instrument, Instruments, Unread

TRADING: Final = "TRADING"
HALTED: Final = frozenset({"TRADING_HALT", "TRADING_CANCEL_ONLY"})
"""Statuses of a contract in which nobody trades for a while: developers.binance.com, "Common Definition"."""
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
        *HALTED,
    }
)


MOST_LISTED: Final = 5_000
"""Entries that are read; the longest listing of any market has some three thousand."""


def read_instruments(raw: bytes) -> Instruments:
    """Every contract that the exchange lists; one odd entry among eight hundred costs only itself.

    Entries past `MOST_LISTED` are left out and counted among those that were not read.

    Raises:
        BadFrame: there is no list of them, or an empty one.
    """
    reply = fields.mapping(fields.decoded(raw))
    rows = fields.sequence(reply.get("symbols"))
    if not rows:
        raise BadFrame("it lists nothing at all")
    found: list[Instrument] = []
    odd: list[tuple[Json, Exception]] = []
    for row in rows[:MOST_LISTED]:
        try:
            found.append(read_instrument(row))
        except BadFrame as error:
            odd.append((row, error))
    unread = _unread(odd)
    if (cut := len(rows) - MOST_LISTED) > 0:
        reason = f"a listing is read up to its {MOST_LISTED:,}th entry"
        unread = unread._replace(entries=unread.entries + cut, reason=reason)
    return Instruments(tuple(found), unread, _cost_limit(reply.get("rateLimits")))


def read_instrument(row: Json) -> Instrument:
    """One entry.

    Raises:
        BadFrame: it cannot be understood, a status that nobody has seen yet included.
    """
    try:
        entry = fields.mapping(row)
        status = fields.text(entry["status"])
        instrument = Instrument(
            fields.symbol(fields.text(entry["symbol"])),
            fields.text(entry["quoteAsset"]),
            fields.text(entry["contractType"]),
            status == TRADING,
            _decimals(entry["pricePrecision"]),
            _decimals(entry["quantityPrecision"]),
            fields.moment(entry.get("onboardDate", 0)),
            status in HALTED,
        )
    except KeyError as error:
        raise BadFrame(f"the field {error} is missing") from error
    if status not in _STATUSES:
        raise BadFrame(f"the status {status[:40]!r} is unknown")
    return instrument


def _decimals(precision: Json) -> int:
    """Decimals that are written: `7.6120` at a precision of 4, though the tick is 0.001 (SUSHIUSDT, 2021)."""
    return min(fields.whole(precision), DECIMALS)


def _unread(odd: list[tuple[Json, Exception]]) -> Unread:
    symbols = [symbol for row, _ in odd if (symbol := _symbol_of(row))]
    return Unread(len(odd), frozenset(symbols), str(odd[0][1])) if odd else Unread()


def _symbol_of(row: Json) -> str | None:
    """Whose entry it is, where at least that can be read."""
    try:
        return fields.symbol(fields.text(fields.mapping(row)["symbol"]))
    except (BadFrame, *DAMAGE):
        return None


def _cost_limit(rules: Json) -> int | None:
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and (rule.get("rateLimitType"), rule.get("interval")) == ("REQUEST_WEIGHT", "MINUTE"):
            limit = rule.get("limit")
            return limit if type(limit) is int and rule.get("intervalNum") == 1 and limit > 0 else None
    return None
