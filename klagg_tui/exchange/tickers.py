"""The last 24 hours of symbols as exchanges tell them: floats for looking, until klagg's own minutes cover the day.

Each venue's wire says which of its fields these are; what an exchange does not tell is None, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json

T = TypeVar("T")


class Ticker24h(NamedTuple):
    """One symbol, over the 24 hours before `at_ms`."""

    at_ms: int
    """By the exchange's clock."""
    last: float | None = None
    open: float | None = None
    """The price 24 hours ago."""
    high: float | None = None
    low: float | None = None
    volume: float | None = None
    """In the unit of the symbol's bars: its base, or contracts where it is inverse."""
    turnover: float | None = None
    """In the quote."""
    trade_count: float | None = None

    @property
    def change_percent(self) -> float | None:
        """How far the last price is from the one 24 hours ago."""
        return None if self.last is None or not self.open else (self.last - self.open) * 100 / self.open


def read_each(rows: Iterable[T], read: Callable[[T], tuple[str, Ticker24h]]) -> dict[str, Ticker24h]:
    """The tickers of an answer; an odd one costs only itself, for they decide nothing."""

    def named(row: T) -> tuple[str, Ticker24h]:
        symbol, ticker = read(row)
        return fields.symbol(symbol), ticker

    return dict(fields.each_readable(rows, named))


def number(value: Json) -> float | None:
    """A number, or a text of one; None where there is none, as before a symbol's first trade.

    Raises:
        BadFrame: it is something else, or not finite, or negative.
    """
    if value is None or value == "":
        return None
    try:
        found = float(value)  # type: ignore[arg-type]  # what cannot be read raises
    except (TypeError, ValueError) as error:
        raise BadFrame("a number was expected") from error
    if type(value) is bool or not (math.isfinite(found) and found >= 0):
        raise BadFrame("a number is out of range")
    return found


def told(
    row: Mapping[str, Json],
    at_ms: int,
    last: str,
    open: str = "",  # noqa: A002 - the field's name
    high: str = "",
    low: str = "",
    volume: str = "",
    turnover: str = "",
    trade_count: str = "",
) -> Ticker24h:
    """The ticker whose fields have these names in a row; what has none, or is not there, is not told.

    Raises:
        BadFrame: one of them is no number.
    """
    prices = [number(row.get(name)) or None for name in (last, open, high, low)]  # 0 is none
    sums = [number(row.get(name)) for name in (volume, turnover, trade_count)]
    return Ticker24h(at_ms, *prices, *sums)


def worth(amount: float | None, value: str | float | None) -> float | None:
    """An amount times what one of it is worth; None where either is not told."""
    return None if amount is None or value is None or value == "" else amount * float(value)
