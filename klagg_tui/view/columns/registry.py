"""Every column of the market table, in its usual order.

A new column is a file beside this one and a line in `COLUMNS`: sorting, filters, help, the column chooser, the settings and
the table read them from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.age import AGE
from klagg_tui.view.columns.change import CHANGE, RANGE, period_column, period_key
from klagg_tui.view.columns.column import Column
from klagg_tui.view.columns.figures import named
from klagg_tui.view.columns.prices import CLOSE, HIGH, LAST, LOW, OPEN
from klagg_tui.view.columns.spark import SPARK
from klagg_tui.view.columns.state import STATE
from klagg_tui.view.columns.sums import TRADES, TURNOVER, VOLUME
from klagg_tui.view.columns.symbol import SYMBOL, WHOLE_SYMBOL
from klagg_tui.view.columns.taker import TAKER
from klagg_tui.view.columns.venue import BASE, QUOTE, VENUE

COLUMNS: Final[tuple[Column, ...]] = (
    SYMBOL,
    VENUE,
    BASE,
    QUOTE,
    LAST,
    CHANGE,
    OPEN,
    HIGH,
    LOW,
    CLOSE,
    RANGE,
    VOLUME,
    TURNOVER,
    TRADES,
    TAKER,
    SPARK,
    AGE,
    STATE,
)

BY_KEY: Final = {column.key: column for column in COLUMNS}
BY_NAME: Final = {name: column for column in COLUMNS for name in (column.key, *column.aliases)}
"""By every name that a filter may use."""
DEFAULT_KEYS: Final = tuple(column.key for column in COLUMNS if column.is_default)

_PERIOD_COLUMNS: Final = {column.key: column for column in map(period_column, Period)}
_LAST_IMPORTANCE: Final = 50
"""Of the newest price in the view of all periods: each period is worth more."""
_BESIDE_PERIODS: Final = tuple(
    replace(column, importance=column.importance_beside_periods)
    for column in COLUMNS
    if column.importance_beside_periods
)


def view_columns(
    keys: Sequence[str],
    periods: Sequence[Period],
    *,
    all_periods: bool,
    has_venues: bool = False,
    mixes_quotes: bool = False,
    find_column: Callable[[str], Column | None] | None = None,
) -> tuple[Column, ...]:
    """The columns of a view: the chosen ones, or symbol, price and each period, and others where there is room.

    `find_column` finds the chosen ones by their keys, in place of `find`. `has_venues`: several exchanges are watched;
    `mixes_quotes`: the rows on view have several quotes.
    """
    found = map(find_column or find, keys)
    columns = _period_view(periods) if all_periods else [column for column in found if column is not None]
    if not has_venues:
        columns = [column for column in columns if column.key != VENUE.key]
    elif not any(column.key == VENUE.key for column in columns):
        columns = [WHOLE_SYMBOL if column is SYMBOL else column for column in columns]
    if mixes_quotes:
        columns = [_about(column) if column.is_money else column for column in columns]
    return tuple(columns)


def _about(column: Column) -> Column:
    """The column of money where several quotes stand beside each other: one unit of each is only about a dollar."""
    return replace(column, title=f"≈{column.title}", width=column.width + 1)


def _period_view(periods: Sequence[Period]) -> list[Column]:
    venue, *besides = _BESIDE_PERIODS
    return [
        SYMBOL,
        venue,
        replace(LAST, importance=_LAST_IMPORTANCE),
        *(_PERIOD_COLUMNS[period_key(period)] for period in periods),
        *besides,
    ]


def fixed(key: str) -> Column | None:
    """The column of that key, in either view."""
    return BY_KEY.get(key) or _PERIOD_COLUMNS.get(key)


def find(key: str) -> Column | None:
    """The column of that key, in either view, or of the figure that is written so, such as `rvol(5m)`."""
    return fixed(key) or named(key)
