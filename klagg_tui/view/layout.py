"""Which columns fit a width, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from klagg_tui.view.columns import FLEXIBLE, MEASURED_PRICE, MEASURED_SYMBOL, Column

LEAD: Final = 4
"""Cells before the first column: the cursor's edge, the mark, the state, a blank."""
_SPARK_LEAST: Final = 8
_SPARK_MOST: Final = 40
_GAP_MOST: Final = 3


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


def place(columns: Sequence[Column], room: int, widths: Widths) -> tuple[Placed, ...]:
    """The columns that fit `room` cells, in the given order; the least important ones go first."""
    fitting = _fitting(columns, room - LEAD, widths)
    if not fitting:
        return ()
    spare = room - LEAD - _needed(fitting, widths, 1)
    stretches = sum(column.width == FLEXIBLE for column in fitting)
    growth = min(spare, _SPARK_MOST - _SPARK_LEAST) if stretches else 0
    steps = max(1, len(fitting) - 1)
    # Air between the columns is worth more than a long sparkline: first a second blank, then the line, then more air.
    extra_gap = min(1, spare // steps)
    growth = min(growth, spare - extra_gap * steps)
    extra_gap = min(_GAP_MOST - 1, (spare - growth) // steps)
    return _placed(fitting, widths, 1 + extra_gap, growth // stretches if stretches else 0)


def _fitting(columns: Sequence[Column], room: int, widths: Widths) -> list[Column]:
    chosen = list(columns)
    while chosen and _needed(chosen, widths, 1) > room:
        least = min(chosen, key=lambda column: column.importance)
        if least.least < least.width and least.least:
            chosen = [replace(column, width=column.least or column.width) for column in chosen]
        else:
            chosen.remove(least)
    return chosen


def _needed(columns: Sequence[Column], widths: Widths, gap: int) -> int:
    return sum(_width(column, widths) for column in columns) + gap * (len(columns) - 1)


def _width(column: Column, widths: Widths) -> int:
    if column.width == MEASURED_PRICE:
        return max(widths.price, len(column.title) + 1)
    if column.width == MEASURED_SYMBOL:
        return widths.symbol
    if column.width == FLEXIBLE:
        return _SPARK_LEAST
    return column.width


def _placed(columns: Sequence[Column], widths: Widths, gap: int, growth: int) -> tuple[Placed, ...]:
    placed = []
    x = LEAD
    for index, column in enumerate(columns):
        before = gap if index else 0
        width = _width(column, widths) + (growth if column.width == FLEXIBLE else 0)
        x += before
        placed.append(Placed(column, x, width, before))
        x += width
    return tuple(placed)
