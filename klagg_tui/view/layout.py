"""Which columns fit a width, and where each stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from rich.cells import cell_len

from klagg_tui import formatting
from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.view.columns.column import (
    FLEXIBLE_WIDTH,
    PRICE_WIDTH,
    SYMBOL_WIDTH,
    WHOLE_SYMBOL_WIDTH,
    Column,
)
from klagg_tui.view.model import Row
from klagg_tui.view.quotes import AS_DOLLARS

LEAD: Final = 4
"""Cells before the first column: the cursor's edge, the mark, the state, a blank."""
_MIN_FLEXIBLE: Final = 8
_MAX_FLEXIBLE: Final = 40
_MAX_GAP: Final = 3
_FEW: Final = 5
"""Columns, of which none is to be left out easily."""
_HEADROOM: Final = 8
"""Which part of itself a price may rise by before it needs a digit that it has no room for: nothing moves aside for 100,000 after 99,999."""


class Placed(NamedTuple):
    """A column and its cells."""

    column: Column
    x: int
    width: int
    gap: int
    """Blank cells before it."""


class Widths(NamedTuple):
    """What is measured from the rows."""

    symbol: int
    price: int
    whole_symbol: int = 0
    """Of a name with its exchange; 0: none has one."""


MIN_WIDTHS: Final = Widths(symbol=10, price=8)
MAX_WIDTHS: Final = Widths(symbol=20, price=14, whole_symbol=30)


def grown(widths: Widths, rows: Iterable[Row]) -> Widths:
    """The widths that the rows need. They only ever grow: a table that breathes cannot be read."""
    symbol, price, whole = widths
    highest: dict[int, Exact] = {}
    for row in rows:
        cells = row.title_cells
        symbol = max(symbol, cells)
        if row.symbol != row.title:
            whole = max(whole, len(row.venue) + 1 + cells)
        last, decimals = row.last, row.decimals
        if last is not None and last > highest.get(decimals, 0):
            highest[decimals] = last
        elif last is None and row.told_last is not None:
            price = max(price, len(formatting.grouped(formatting.plain(row.told_last))))
    for decimals, last in highest.items():
        tick = 10 ** (PRICE_DECIMALS - decimals)
        price = max(price, len(formatting.grouped_price((last + last // _HEADROOM) // tick * tick, decimals)))
    return Widths(*map(min, (symbol, price, whole), MAX_WIDTHS))


def place(columns: Sequence[Column], room: int, widths: Widths) -> tuple[Placed, ...]:
    """The columns that fit `room` cells, in the given order; the least important ones go first.

    A width is the same whatever the rows are sorted by, and whichever quotes they have: nothing jumps.
    """
    fitting = _fitting(columns, room - LEAD, widths)
    if not fitting:
        return ()
    spare = room - LEAD - _needed(fitting, widths, 1)
    stretches = sum(column.width == FLEXIBLE_WIDTH for column in fitting)
    growth = min(spare, _MAX_FLEXIBLE - _MIN_FLEXIBLE) if stretches else 0
    steps = max(1, len(fitting) - 1)
    # Air between the columns is worth more than a long sparkline: first a second blank, then the line, then more air.
    extra_gap = min(1, spare // steps)
    growth = min(growth, spare - extra_gap * steps)
    extra_gap = min(_MAX_GAP - 1, (spare - growth) // steps)
    return _placed(fitting, widths, 1 + extra_gap, growth // stretches if stretches else 0)


def _fitting(columns: Sequence[Column], room: int, widths: Widths) -> list[Column]:
    chosen = list(columns)
    while chosen and _needed(chosen, widths, 1) > room:
        least = min(chosen, key=lambda column: column.importance)
        if len(chosen) <= _FEW:  # a word is cut before another number is missed
            least = next((column for column in chosen if 0 < column.min_width < column.width), least)
        if least.min_width < least.width and least.min_width:
            least_widths = least.width, least.min_width
            chosen = [
                replace(column, width=column.min_width) if (column.width, column.min_width) == least_widths else column
                for column in chosen
            ]
        else:
            chosen.remove(least)
    return chosen


def _needed(columns: Sequence[Column], widths: Widths, gap: int) -> int:
    return sum(_width(column, widths) for column in columns) + gap * (len(columns) - 1)


def _width(column: Column, widths: Widths) -> int:
    if column.width == PRICE_WIDTH:
        return max(
            widths.price + 1, _title_width(column)
        )  # an arrow, or the sign of what is about right, stands before it
    if column.width == SYMBOL_WIDTH:
        return widths.symbol
    if column.width == WHOLE_SYMBOL_WIDTH:
        return max(widths.symbol, widths.whole_symbol)
    if column.width == FLEXIBLE_WIDTH:
        return max(_MIN_FLEXIBLE, _title_width(column))
    return max(column.width, _title_width(column))


def _title_width(column: Column) -> int:
    """Of the title with the sign of the order beside it, and that of mixed quotes before it."""
    return cell_len(column.title.removeprefix(AS_DOLLARS)) + 1 + column.is_money


def _placed(columns: Sequence[Column], widths: Widths, gap: int, growth: int) -> tuple[Placed, ...]:
    placed = []
    x = LEAD
    for index, column in enumerate(columns):
        before = gap if index else 0
        width = _width(column, widths) + (growth if column.width == FLEXIBLE_WIDTH else 0)
        x += before
        placed.append(Placed(column, x, width, before))
        x += width
    return tuple(placed)
