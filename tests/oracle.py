"""What the bars must be: plain `Decimal` sums over plain lists, slow and simple, knowing nothing of the engine.

Trades are told as texts. Order is by minute, within a minute by aggregate id: a trade whose id says later and whose
time says earlier belongs to its own minute, and there it is the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact, Rounded, localcontext
from typing import NamedTuple

EXACT = Context(prec=120, traps=[Inexact, Rounded])
PERIODS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60_000


class Deal(NamedTuple):
    """A trade as the exchange writes it down."""

    price: str
    quantity: str
    traded_ms: int
    is_buyer_maker: bool
    aggregate_id: int
    first_trade_id: int
    last_trade_id: int


class Candle(NamedTuple):
    """What a bar must say."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    trade_count: int
    taker_buy_volume: Decimal
    taker_buy_turnover: Decimal


def open_ms(period: str, at_ms: int, anchor: int = 1) -> int:
    """When the bar that holds the moment opens, by the calendar."""
    moment = EPOCH + timedelta(milliseconds=at_ms)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period.endswith("m"):
        opened = midnight + timedelta(minutes=_floor((moment - midnight).seconds // 60, int(period[:-1])))
    elif period.endswith("h"):
        opened = midnight + timedelta(hours=_floor(moment.hour, int(period[:-1])))
    elif period == "1d":
        opened = midnight
    elif period == "3d":
        opened = midnight - timedelta(days=((midnight - EPOCH).days - anchor) % 3)
    elif period == "1w":
        opened = midnight - timedelta(days=date(midnight.year, midnight.month, midnight.day).weekday())
    else:
        opened = midnight.replace(day=1)
    return (opened - EPOCH) // timedelta(milliseconds=1)


def _floor(value: int, step: int) -> int:
    return value // step * step


def candles(
    deals: Iterable[Deal], periods: Iterable[str] = PERIODS, until_ms: int = 0, anchor: int = 1
) -> dict[tuple[str, int], Candle]:
    """Every bar from the first trade's minute to the newest trade's (or to `until_ms`), by period and open time.

    Trades of minutes before the first trade's are left out: nobody followed the symbol then.
    """
    by_id = sorted(set(deals), key=lambda deal: deal.aggregate_id)
    if not by_id:
        return {}
    first_ms = _floor(by_id[0].traded_ms, MINUTE)
    last_ms = max(until_ms, *(deal.traded_ms for deal in by_id))
    by_minute: dict[int, list[Deal]] = {at_ms: [] for at_ms in range(first_ms, last_ms + 1, MINUTE)}
    for deal in by_id:
        by_minute.get(_floor(deal.traded_ms, MINUTE), []).append(deal)
    return {
        (period, opened_ms): candle
        for period in periods
        for opened_ms, candle in _of_period(period, by_minute, anchor).items()
    }


def _of_period(period: str, by_minute: Mapping[int, list[Deal]], anchor: int) -> dict[int, Candle]:
    groups: dict[int, list[Deal]] = {}
    for minute_ms, deals in by_minute.items():
        groups.setdefault(open_ms(period, minute_ms, anchor), []).extend(deals)
    made: dict[int, Candle] = {}
    close = Decimal(0)
    for opened_ms, deals in groups.items():
        made[opened_ms] = candle_of(deals) if deals else flat(close)
        close = made[opened_ms].close
    return made


def candle_of(deals: list[Deal]) -> Candle:
    """The bar of some trades, at least one, in order."""
    with localcontext(EXACT):
        prices = [Decimal(deal.price) for deal in deals]
        sizes = [Decimal(deal.quantity) for deal in deals]
        bought = [not deal.is_buyer_maker for deal in deals]
        paid = [price * size for price, size in zip(prices, sizes, strict=True)]
        return Candle(
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            sum(sizes, Decimal(0)),
            sum(paid, Decimal(0)),
            sum(deal.last_trade_id - deal.first_trade_id + 1 for deal in deals),
            sum((size for size, is_buy in zip(sizes, bought, strict=True) if is_buy), Decimal(0)),
            sum((turnover for turnover, is_buy in zip(paid, bought, strict=True) if is_buy), Decimal(0)),
        )


def flat(price: Decimal) -> Candle:
    """A bar without trades."""
    zero = Decimal(0)
    return Candle(price, price, price, price, zero, zero, 0, zero, zero)


def merged(children: Iterable[Candle]) -> Candle:
    """Smaller bars in a row as one: those without trades have no say in the prices."""
    rows = list(children)
    traded = [row for row in rows if row.volume] or rows[-1:]
    with localcontext(EXACT):
        return Candle(
            traded[0].open,
            max(row.high for row in traded),
            min(row.low for row in traded),
            traded[-1].close,
            sum((row.volume for row in rows), Decimal(0)),
            sum((row.turnover for row in rows), Decimal(0)),
            sum(row.trade_count for row in rows),
            sum((row.taker_buy_volume for row in rows), Decimal(0)),
            sum((row.taker_buy_turnover for row in rows), Decimal(0)),
        )
