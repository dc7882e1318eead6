"""Columns that are written as a number of the language: a figure (`rvol(5m,20)`), a calculation, a name of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.columns import registry
from klagg_tui.view.columns.column import Column, RenderContext, Value
from klagg_tui.view.columns.figures import figure_column
from klagg_tui.view.filter import Expression, Scope
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.screener.figure import WHOLE

_IMPORTANCE: Final = 89
"""Somebody asked for it: before most others."""
_LONGEST_TITLE: Final = 12
_LEAST_WIDTH: Final = 6


def computed(text: str, scope: Scope) -> Column:
    """The column of that number; its key is the text.

    Raises:
        FilterError: the text is no number.
    """
    expression = filters.read_number(text, scope)
    call = expression.figure
    if call is not None:
        return replace(figure_column(call), key=text, importance=_IMPORTANCE)
    title = text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"
    return Column(
        key=text,
        title=title,
        note=f"= {scope.names.get(text.lower(), text)}",
        importance=_IMPORTANCE,
        width=max(len(title), _LEAST_WIDTH),
        measure=_measure(expression),
        draw=_draw(expression),
        is_default=False,
        calls=expression.calls,
    )


class ColumnFinder:
    """Finds columns by their keys, also computed ones; each is made once, so that the same key is the same column."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._made: dict[str, Column | None] = {}

    def find(self, key: str) -> Column | None:
        """The column; None where the key is none and cannot be read as a number."""
        known = registry.fixed(key)
        if known is not None:
            return known
        if key not in self._made:
            self._made[key] = self._computed(key)
        return self._made[key]

    def _computed(self, key: str) -> Column | None:
        try:
            return computed(key, self.scope)
        except FilterError:
            return None


def _measure(expression: Expression) -> Callable[[Row, Bar | None, int], Value]:
    value = expression.value

    def measure(row: Row, bar: Bar | None, now_ms: int) -> Value:
        if bar is not None:
            return value(row, bar.period, now_ms)
        # Whichever period is on view, it has no bar: any such one stands for it.
        shown = next(period for period in Period if row.bars[period.ordinal] is None)
        return value(row, shown, now_ms)

    return measure


def _draw(expression: Expression) -> Callable[[Row, Bar, RenderContext, int], tuple[str, RoleIndex]]:
    value, calls = expression.value, expression.calls

    def draw(row: Row, _bar: Bar, context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
        number = value(row, context.period, context.now_ms)
        if number is None:
            return formatting.NOTHING, Role.FAINT
        is_whole = all(row.coverage(call) >= WHOLE for call in calls)
        return formatting.short(number), Role.TEXT if is_whole else Role.PARTIAL

    return draw
