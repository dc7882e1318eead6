"""REST replies into values."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import orjson

from klagg_tui.engine.bar import Bar, Check, State, fault_of
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import DECIMALS, number, turnover
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance.wire import fields
from klagg_tui.exchange.binance.wire.fields import DAMAGE, LATEST_MS, Json
from klagg_tui.exchange.binance.wire.values import Failure, Instrument, Listings

_BANNED_UNTIL: Final = re.compile(r"banned until (\d{12,14})\b")
"""In the text of error -1003."""


def server_time(raw: bytes) -> int:
    """The exchange's clock, in milliseconds since the epoch; raises BadFrame."""
    return fields.moment(fields.mapping(fields.decoded(raw)).get("serverTime"))


def bars(raw: bytes, symbol: str, period: Period, now_ms: int) -> list[Bar]:
    """The exchange's own bars, in order: confirmed where they were over at `now_ms`, else forming.

    A bar may still change in the seconds after its end, so `now_ms` may well be some seconds ago.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid or out of order.
    """
    rows = fields.sequence(fields.decoded(raw))
    found = [_bar(fields.sequence(row), symbol, period, now_ms) for row in rows]
    if any(later.open_ms <= earlier.open_ms for earlier, later in pairwise(found)):
        raise BadFrame(f"the bars of {symbol} are out of order")
    return found


def _bar(row: list[Json], symbol: str, period: Period, now_ms: int) -> Bar:
    try:
        open_ms = fields.moment(row[0])
        first, high, low, last, volume, taker_buy_volume = (number(row[i]) for i in (1, 2, 3, 4, 5, 9))  # type: ignore[arg-type]
        sums = turnover(row[7]), fields.whole(row[8]), taker_buy_volume, turnover(row[10])  # type: ignore[arg-type]
    except DAMAGE as error:
        raise BadFrame(f"a bar of {symbol} cannot be read: {error}") from error
    if high > fields.LARGEST:
        raise BadFrame(f"a bar of {symbol} has its prices out of range")
    if not period.is_on_grid(open_ms):
        raise BadFrame(f"a bar of {symbol} opens off the grid of {period}")
    state = State.CONFIRMED if period.end_ms(open_ms) <= now_ms else State.FORMING
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, *sums, state)
    if fault := fault_of(bar, Check.ORDER):
        raise BadFrame(f"a bar of {symbol} is none: {fault}")
    return bar


def trades(raw: bytes, symbol: str) -> list[AggTrade]:
    """Aggregate trades, in order of id.

    Raises:
        BadFrame, BadNumber: any of them is damaged, or the ids do not rise.
    """
    rows = fields.sequence(fields.decoded(raw))
    found = [_trade(fields.mapping(row), symbol) for row in rows]
    if any(later.aggregate_id <= earlier.aggregate_id for earlier, later in pairwise(found)):
        raise BadFrame(f"the trades of {symbol} are out of order")
    return found


def _trade(row: dict[str, Json], symbol: str) -> AggTrade:
    try:
        price, quantity = fields.text(row["p"]), fields.text(row["q"])
        number(price), number(quantity)  # a reply is good or bad as a whole
        first_id, last_id, is_buyer_maker = row["f"], row["l"], row["m"]
        traded_ms, aggregate_id = fields.moment(row["T"]), fields.whole(row["a"])
    except DAMAGE as error:
        raise BadFrame(f"a trade of {symbol} cannot be read: {error}") from error
    if type(first_id) is not int or type(last_id) is not int or type(is_buyer_maker) is not bool:
        raise BadFrame(f"a trade of {symbol} has a field of another type")
    if not -1 <= first_id <= last_id <= fields.LARGEST:
        raise BadFrame(f"a trade of {symbol} has a field out of range")
    return AggTrade(
        symbol, price, quantity, traded_ms, is_buyer_maker, aggregate_id, first_id, last_id, event_ms=traded_ms
    )


def listings(raw: bytes) -> Listings:
    """Every contract that the exchange lists; raises BadFrame where there is no list of them at all."""
    reply = fields.mapping(fields.decoded(raw))
    rows = fields.sequence(reply.get("symbols"))
    found = [listing for row in rows if (listing := _listing(row))]
    return Listings(tuple(found), len(rows) - len(found), _weight_limit(reply.get("rateLimits")))


def _listing(row: Json) -> Instrument | None:
    """None where it cannot be read: one odd entry among eight hundred must not cost the others."""
    try:
        entry = fields.mapping(row)
        return Instrument(
            fields.symbol(fields.text(entry["symbol"])),
            fields.text(entry["quoteAsset"]),
            fields.text(entry["contractType"]),
            fields.text(entry["status"]),
            _decimals(entry["pricePrecision"]),
            _decimals(entry["quantityPrecision"]),
            fields.moment(entry.get("onboardDate", 0)),
            min(fields.whole(entry.get("deliveryDate", LATEST_MS)), LATEST_MS - 1),
        )
    except (BadFrame, *DAMAGE):
        return None


def _decimals(precision: Json) -> int:
    """Decimals that are written: `7.6120` at a precision of 4, though the tick is 0.001 (SUSHIUSDT, 2021)."""
    return min(fields.whole(precision), DECIMALS)


def _weight_limit(rules: Json) -> int | None:
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and (rule.get("rateLimitType"), rule.get("interval")) == ("REQUEST_WEIGHT", "MINUTE"):
            limit = rule.get("limit")
            return limit if type(limit) is int and rule.get("intervalNum") == 1 and limit > 0 else None
    return None


def failure(raw: bytes) -> Failure:
    """What the body of a refused request says; it may be anything, so this never raises."""
    try:
        body = orjson.loads(raw)
        code, message = body["code"], body["msg"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Failure(0, "", None)
    until = _BANNED_UNTIL.search(message) if type(message) is str else None
    return Failure(
        code if type(code) is int else 0,
        message[:500] if type(message) is str else "",
        int(until[1]) if until else None,
    )
