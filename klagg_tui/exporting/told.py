"""What was told of a contract in a minute, as programs get it: exact decimals and times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.exporting.renamed import warn_renamed

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Derivative(NamedTuple):
    """What was told of a contract in one minute, by the names of files and answers; None where it was not told in it."""

    symbol: str
    """As the exchange calls it."""
    open_time: datetime
    mark_price: Decimal | None
    index_price: Decimal | None
    funding_rate: Decimal | None
    """What longs pay shorts next, of 1."""
    next_funding_time: datetime | None
    funding_interval_ms: int | None
    open_interest: Decimal | None
    """Counted as volume is."""
    long_liquidated_volume: Decimal | None
    """Of the long positions that were liquidated."""
    long_liquidated_quote_volume: Decimal | None
    long_liquidations: int | None
    """How many."""
    short_liquidated_volume: Decimal | None
    short_liquidated_quote_volume: Decimal | None
    short_liquidations: int | None
    venue: str | None = None
    """As that of a bar."""

    @property
    def next_funding(self) -> datetime | None:
        """What `next_funding_time` was called."""
        warn_renamed("next_funding", "next_funding_time")
        return self.next_funding_time

    @property
    def funding_interval(self) -> timedelta | None:
        """What `funding_interval_ms` was."""
        warn_renamed("funding_interval", "funding_interval_ms")
        return None if self.funding_interval_ms is None else timedelta(milliseconds=self.funding_interval_ms)

    @property
    def long_volume(self) -> Decimal | None:
        """What `long_liquidated_volume` was called."""
        warn_renamed("long_volume", "long_liquidated_volume")
        return self.long_liquidated_volume

    @property
    def long_turnover(self) -> Decimal | None:
        """What `long_liquidated_quote_volume` was called."""
        warn_renamed("long_turnover", "long_liquidated_quote_volume")
        return self.long_liquidated_quote_volume

    @property
    def long_count(self) -> int | None:
        """What `long_liquidations` was called."""
        warn_renamed("long_count", "long_liquidations")
        return self.long_liquidations

    @property
    def short_volume(self) -> Decimal | None:
        """What `short_liquidated_volume` was called."""
        warn_renamed("short_volume", "short_liquidated_volume")
        return self.short_liquidated_volume

    @property
    def short_turnover(self) -> Decimal | None:
        """What `short_liquidated_quote_volume` was called."""
        warn_renamed("short_turnover", "short_liquidated_quote_volume")
        return self.short_liquidated_quote_volume

    @property
    def short_count(self) -> int | None:
        """What `short_liquidations` was called."""
        warn_renamed("short_count", "short_liquidations")
        return self.short_liquidations


def derivative_of(minute: DerivativeMinute, venue: str | None) -> Derivative:
    """A stored minute; `venue`: key of the exchange, None where nobody said it."""

    def amount(as_decimal: Callable[[int], Decimal], value: int | None) -> Decimal | None:
        return None if value is None else as_decimal(value)

    next_ms = minute.next_funding_ms
    return Derivative(
        minute.symbol,
        _moment(minute.open_ms),
        amount(price_as_decimal, minute.mark_price),
        amount(price_as_decimal, minute.index_price),
        amount(turnover_as_decimal, minute.funding_rate),
        None if next_ms is None else _moment(next_ms),
        minute.funding_every_ms,
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
