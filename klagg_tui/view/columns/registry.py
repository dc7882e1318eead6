"""Every column of the market table, in its usual order.

A new column is a file beside this one and a line in `COLUMNS`: sorting, filters, help, the column chooser, the settings and
the table read them from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.age import AGE
from klagg_tui.view.columns.change import CHANGE, RANGE, period_column
from klagg_tui.view.columns.column import Column
from klagg_tui.view.columns.prices import CLOSE, HIGH, LAST, LOW, OPEN
from klagg_tui.view.columns.spark import SPARK
from klagg_tui.view.columns.state import STATE
from klagg_tui.view.columns.sums import TRADES, TURNOVER, VOLUME
from klagg_tui.view.columns.symbol import SYMBOL
from klagg_tui.view.columns.taker import TAKER

COLUMNS: Final[tuple[Column, ...]] = (
    SYMBOL,
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


def view_columns(keys: Sequence[str], periods: Sequence[Period], *, all_periods: bool) -> tuple[Column, ...]:
    """The columns of a view: the chosen ones, or symbol, price and each period, and others where there is room."""
    if all_periods:
        return (
            SYMBOL,
            replace(LAST, importance=_LAST_IMPORTANCE),
            *(_PERIOD_COLUMNS[f"{CHANGE.key}({period})"] for period in periods),
            *_BESIDE_PERIODS,
        )
    return tuple(BY_KEY[key] for key in keys if key in BY_KEY)


def find(key: str) -> Column | None:
    """The column of that key, in either view."""
    return BY_KEY.get(key) or _PERIOD_COLUMNS.get(key)
