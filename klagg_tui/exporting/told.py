"""What was told of a contract in a minute, as programs get it: exact decimals and times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Derivative(NamedTuple):
    """What was told of a contract in one minute; None where it was not told in it."""

    symbol: str
    """As the exchange calls it."""
    open_time: datetime
    mark_price: Decimal | None
    index_price: Decimal | None
    funding_rate: Decimal | None
    """What longs pay shorts next, of 1."""
    next_funding: datetime | None
    funding_interval: timedelta | None
    open_interest: Decimal | None
    """Counted as volume is."""
    long_volume: Decimal | None
    """Of the long positions that were liquidated."""
    long_turnover: Decimal | None
    long_count: int | None
    short_volume: Decimal | None
    short_turnover: Decimal | None
    short_count: int | None
    venue: str | None = None
    """As that of a bar."""


def derivative_of(minute: DerivativeMinute, venue: str | None) -> Derivative:
    """A stored minute; `venue`: key of the exchange, None where nobody said it."""

    def amount(as_decimal: Callable[[int], Decimal], value: int | None) -> Decimal | None:
        return None if value is None else as_decimal(value)

    next_ms, every_ms = minute.next_funding_ms, minute.funding_every_ms
    return Derivative(
        minute.symbol,
        _moment(minute.open_ms),
        amount(price_as_decimal, minute.mark_price),
        amount(price_as_decimal, minute.index_price),
        amount(turnover_as_decimal, minute.funding_rate),
        None if next_ms is None else _moment(next_ms),
        None if every_ms is None else timedelta(milliseconds=every_ms),
        amount(quantity_as_decimal, minute.open_interest),
        amount(quantity_as_decimal, minute.long_volume),
        amount(turnover_as_decimal, minute.long_turnover),
        minute.long_count,
        amount(quantity_as_decimal, minute.short_volume),
        amount(turnover_as_decimal, minute.short_turnover),
        minute.short_count,
        venue,
    )


def _moment(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)
