"""The order of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import Column
from klagg_tui.view.columns.registry import find
from klagg_tui.view.columns.symbol import SYMBOL
from klagg_tui.view.model import Row, turnover_of
from klagg_tui.view.quotes import is_comparable


class Sort(NamedTuple):
    """By which column, and which way."""

    key: str = "turnover(24h)"
    descending: bool = True

    def toggled(self) -> Sort:
        """The other way round."""
        return self._replace(descending=not self.descending)

    def by(self, key: str) -> Sort:
        """By that column, in its own usual direction; the same column again turns round."""
        if key == self.key:
            return self.toggled()
        column = find(key)
        return Sort(key, descending=column is None or column.is_descending)


def ordered(
    rows: Iterable[Row], sort: Sort, period: Period, now_ms: int, find_column: Callable[[str], Column | None] = find
) -> list[Row]:
    """The rows by the column's value in that period, then by name; rows without a value come last either way.

    Of those by an amount of money the ones come first that turn over most in the bar on view.

    Amounts of money of other quotes than dollars cannot be held against those: they come below, quote by quote.
    """
    column = find_column(sort.key) or SYMBOL
    measure = column.measure
    ordinal = period.ordinal
    named = sorted(rows, key=lambda row: row.symbol)
    valued = [(measure(row, row.bars[ordinal], now_ms), row) for row in named]
    known = [(value, row) for value, row in valued if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=sort.descending)
    if column.is_money:
        known.sort(key=lambda pair: "" if is_comparable(pair[1].quote) else pair[1].quote)
    unknown = [row for value, row in valued if value is None]
    if column.is_money:  # the nearest that is known of them
        unknown.sort(key=lambda row: turnover_of(row.bars[ordinal]) or 0, reverse=True)
    return [row for _, row in known] + unknown


def unknown_count(
    rows: Iterable[Row], sort: Sort, period: Period, now_ms: int, find_column: Callable[[str], Column | None] = find
) -> int:
    """How many of the rows have no value to be ordered by."""
    column = find_column(sort.key) or SYMBOL
    measure, ordinal = column.measure, period.ordinal
    return sum(measure(row, row.bars[ordinal], now_ms) is None for row in rows)
