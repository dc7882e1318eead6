"""The last 24 hours of symbols as exchanges tell them: floats for looking, until klagg's own minutes cover the day.

Each venue's wire says which of its fields these are; what an exchange does not tell is None, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple, TypeVar

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json

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
    found: dict[str, Ticker24h] = {}
    for row in rows:
        with suppress(BadFrame, *DAMAGE):
            symbol, ticker = read(row)
            found[fields.symbol(symbol)] = ticker
    return found


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


def price(value: Json) -> float | None:
    """The same of a price: 0 is none."""
    return number(value) or None
