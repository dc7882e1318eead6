"""What the exchange tells of contracts beside their trades: mark prices and funding, liquidations, open interest.

Sources: developers.binance.com, "Mark Price Stream for All market", "All Market Liquidation Order Streams", "Open Interest" and
"Get Funding Rate Info", of USDⓈ-M and COIN-M. All-market streams carry both markets since June 2026, each event with its `st`.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.derivatives import ContractQuote, Liquidation, rate
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.messages import BesideTrades, Skipped

_HOUR_MS: Final = 3_600_000
FUNDED_EVERY_MS: Final = 8 * _HOUR_MS
"""Between two payments of funding, where the exchange does not say otherwise."""
_MOST_HOURS: Final = 24 * 7
_SIDES: Final = {"SELL": True, "BUY": False}
"""A long position is closed by selling."""


def mark_prices(rows: list[Json], mark: int) -> BesideTrades | Skipped:
    """The events of an array; one that cannot be read costs only itself, an array of something else is skipped.

    Raises:
        BadFrame: it is no array of events.
    """
    if not rows:
        return BesideTrades(())
    name = fields.text(fields.mapping(rows[0]).get("e"))
    if name != "markPriceUpdate":
        return Skipped(name[:40])
    found: list[ContractQuote] = []
    damage: Exception | None = None
    for row in rows:
        try:
            event = fields.mapping(row)
            if event.get("st", mark) == mark:
                found.append(_mark_price(event))
        except (BadFrame, BadNumber) as error:
            damage = damage or error
    return BesideTrades(tuple(found), damage)


def _mark_price(event: dict[str, Json]) -> ContractQuote:
    """A contract that is delivered on a day has no funding: an empty text, and 0 for a time."""
    try:
        funding, next_ms = event.get("r"), fields.moment(event.get("T", 0))
        is_funded = bool(funding) and next_ms > 0
        return ContractQuote(
            fields.symbol(event["s"]),  # type: ignore[arg-type]  # it checks the type itself
            fields.moment(event["E"]),
            _price(event["p"]),
            _price(event.get("i", "")),
            rate(fields.text(funding)) if is_funded else None,
            next_ms if is_funded else None,
        )
    except KeyError as error:
        raise BadFrame(f"a mark price lacks the field {error}") from error


def _price(text: Json) -> Exact | None:
    """A price of 0 is none: an index that is not computed yet."""
    return price(fields.text(text)) or None if text else None


def liquidation(event: dict[str, Json], mark: int) -> BesideTrades | Skipped:
    """One `forceOrder`: the position closed is what was filled of the order, at its average price.

    Where quantities are contracts the turnover is not that: what they are worth, only the listing says.

    Raises:
        BadFrame, BadNumber: it is damaged.
    """
    try:
        order = fields.mapping(event["o"])
        if order.get("st", event.get("st", mark)) != mark:
            return Skipped("forceOrder of another market")
        filled, average = quantity(fields.text(order["z"])), price(fields.text(order["ap"]))
        if not filled or not average:
            return Skipped("forceOrder that is not filled")
        found = Liquidation(
            fields.symbol(order["s"]),  # type: ignore[arg-type]  # it checks the type itself
            fields.moment(order["T"]),
            _SIDES[fields.text(order["S"])],
            filled,
            filled * average,
        )
    except DAMAGE as error:
        raise BadFrame(f"a liquidation cannot be read: {error}") from error
    return BesideTrades((found,))


def read_interest(raw: bytes, symbol: str) -> ContractQuote:
    """Open interest, as `openInterest` answers it; raises BadFrame or BadNumber."""
    answer = fields.mapping(fields.decoded(raw))
    if answer.get("symbol") != symbol:
        raise BadFrame(f"open interest of another contract than {symbol}")
    held = quantity(fields.text(answer.get("openInterest")))
    return ContractQuote(symbol, fields.moment(answer.get("time")), open_interest=held)


def read_funding(raw: bytes) -> dict[str, int]:
    """Milliseconds between two payments by symbol, as `fundingInfo` tells them of those where it is not the usual.

    Entries that cannot be read are left out; raises BadFrame where it is no list.
    """
    return dict(fields.each_readable(fields.sequence(fields.decoded(raw)), _funded_every))


def _funded_every(row: Json) -> tuple[str, int]:
    entry = fields.mapping(row)
    hours = fields.whole(entry["fundingIntervalHours"])
    if not 0 < hours <= _MOST_HOURS:
        raise BadFrame("the hours between two payments of funding are out of range")
    return fields.symbol(fields.text(entry["symbol"])), hours * _HOUR_MS
