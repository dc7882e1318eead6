"""The columns of the market table: those of the bar on view in their usual order, figures, and the bar of each period.

A new column of the bar is a file beside this one and a line in `COLUMNS`: sorting, filters, help, the column chooser, the settings
and the table read them from here. Figures come by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.view.columns.age import AGE
from klagg_tui.view.columns.change import CHANGE, RANGE, period_column, period_key
from klagg_tui.view.columns.column import Column
from klagg_tui.view.columns.figures import figure_column, heat_column, named
from klagg_tui.view.columns.prices import CLOSE, HIGH, LAST, LOW, OPEN
from klagg_tui.view.columns.spark import SPARK
from klagg_tui.view.columns.state import STATE
from klagg_tui.view.columns.sums import TRADES, TURNOVER, VOLUME
from klagg_tui.view.columns.symbol import SYMBOL, WHOLE_SYMBOL
from klagg_tui.view.columns.taker import TAKER
from klagg_tui.view.columns.venue import BASE, QUOTE, VENUE
from klagg_tui.view.quotes import AS_DOLLARS
from klagg_tui.view.screener.figure import LONGEST, FigureCall

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
DEFAULT_KEYS: Final = (
    "symbol",
    "venue",
    "last",
    "chg(24h)",
    "turnover(24h)",
    "chg(1h)",
    "chg(5m)",
    "rvol(5m)",
    "range(24h)",
    "from_high(24h)",
    "taker",
    "spark",
    "age",
    "state",
)
"""Those that are shown until somebody chooses others; where room is short, the least important are left out."""

OF_FILTER: Final = "⌕"
"""Stands before the title of a column that is shown because the filter goes by it."""
_SORTED_BY: Final = 98
_ASKED_FOR: Final = 97
_ADDED: Final = 95
"""Of what is not shown from the beginning: somebody chose it."""

_PERIOD_COLUMNS: Final = {column.key: column for column in map(period_column, Period)}
_LAST_IMPORTANCE: Final = 50
"""Of the newest price in the view of all periods: each period is worth more."""
_BESIDE_PERIODS: Final = tuple(
    replace(column, importance=column.importance_beside_periods)
    for column in COLUMNS
    if column.importance_beside_periods
)
_TURNOVER_BESIDE: Final = replace(figure_column(FigureCall("turnover", (24 * 60,))), importance=38)


def fixed(key: str) -> Column | None:
    """The column of that key, of the bar on view or of that of a period."""
    return BY_KEY.get(key) or _PERIOD_COLUMNS.get(key)


def find(key: str) -> Column | None:
    """The same, or the column of the figure that is written so, such as `rvol(5m)`."""
    return fixed(key) or named(key)


def view_columns(
    keys: Sequence[str],
    periods: Sequence[Period],
    *,
    all_periods: bool,
    has_venues: bool = False,
    mixes_quotes: bool = False,
    find_column: Callable[[str], Column | None] = find,
    besides: Sequence[str] = (),
    sorted_by: str = "",
) -> tuple[Column, ...]:
    """The columns of a view: the chosen ones, or symbol, price and the change over each period, and others where there is room.

    `has_venues`: several exchanges are watched; `mixes_quotes`: the rows on view have several quotes. A key that `find_column` does
    not know is left out. `besides` are keys of those that the filter goes by: they stand behind the price, marked as its own, unless they
    are chosen. Where room is short, they, the one of `sorted_by` and those that somebody added stay before others.
    """
    columns = (
        _period_view(periods)
        if all_periods
        else [
            _worth(column, key, keys, sorted_by)
            for key in _with(keys, besides)
            if (column := find_column(key)) is not None
        ]
    )
    if not has_venues:
        columns = [column for column in columns if column.key != VENUE.key]
    elif not any(column.key == VENUE.key for column in columns):
        columns = [WHOLE_SYMBOL if column.key == SYMBOL.key else column for column in columns]
    if mixes_quotes:
        columns = [replace(each, title=f"{AS_DOLLARS}{each.title}") if each.is_money else each for each in columns]
    return tuple(columns)


def _with(keys: Sequence[str], others: Sequence[str]) -> Sequence[str]:
    """The keys with others behind what names a row and its price, unless they are among them."""
    more = [key for key in others if key not in keys]
    at = max((keys.index(each.key) for each in (SYMBOL, VENUE, LAST) if each.key in keys), default=-1) + 1
    return (*keys[:at], *more, *keys[at:]) if more else keys


def _worth(column: Column, key: str, chosen: Sequence[str], sorted_by: str) -> Column:
    """The column with its importance here: what the filter goes by is marked too."""
    if key not in chosen:
        return replace(column, title=f"{OF_FILTER}{column.title}", importance=max(_ASKED_FOR, column.importance))
    if column.key == sorted_by:
        return replace(column, importance=max(_SORTED_BY, column.importance))
    if key not in DEFAULT_KEYS and column.importance < _ADDED:
        return replace(column, importance=_ADDED)
    return column


def _period_view(periods: Sequence[Period]) -> list[Column]:
    venue, *besides = _BESIDE_PERIODS
    last = replace(LAST, importance=_LAST_IMPORTANCE)
    return [SYMBOL, venue, last, *map(_change_over, periods), _TURNOVER_BESIDE, *besides]


def _change_over(period: Period) -> Column:
    """The change over the period's length; of what is longer than figures look back, that of the bar."""
    minutes = period.nominal_ms // MINUTE_MS
    return heat_column(minutes) if minutes <= LONGEST else _PERIOD_COLUMNS[period_key(period)]
