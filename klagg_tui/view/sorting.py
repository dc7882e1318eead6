"""The order of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import Column
from klagg_tui.view.columns.registry import find
from klagg_tui.view.columns.symbol import SYMBOL
from klagg_tui.view.model import Row
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
    return [row for _, row in known] + [row for value, row in valued if value is None]
