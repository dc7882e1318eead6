"""Columns that are written as a number of the language: a figure (`rvol(5m,20)`), a calculation, a name of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.columns import registry
from klagg_tui.view.columns.column import NO_VALUE, Column, RenderContext, Value
from klagg_tui.view.columns.figures import CHOSEN, figure_column
from klagg_tui.view.filter import Expression, Scope
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.screener.figure import FIGURES, WHOLE

_LONGEST_TITLE: Final = 12
_EXAMPLES: Final = tuple(figure.example for figure in FIGURES.values())
_WIDTH: Final = 7


def computed(text: str, scope: Scope) -> Column:
    """The column of that number; its key is the text.

    Raises:
        FilterError: the text is no number.
    """
    expression = filters.read_number(text, scope)
    call = expression.figure
    if call is not None:
        return replace(figure_column(call), key=text)
    title = text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"
    return Column(
        key=text,
        title=title,
        note=f"= {scope.names.get(text.lower(), text)}",
        importance=CHOSEN,
        width=_WIDTH,
        measure=_measure(expression),
        draw=_draw(expression),
        calls=expression.calls,
    )


def offered(find: Callable[[str], Column | None], names: Iterable[tuple[str, str]]) -> list[Column]:
    """What can be chosen without writing: the columns of the bar, those shown from the beginning, own names, each figure once."""
    texts = (*registry.DEFAULT_KEYS, *registry.BY_KEY, *(name for name, _ in names), *_EXAMPLES)
    found = {column.key: column for text in texts if (column := find(text)) is not None}
    return list(found.values())


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


def _draw(expression: Expression) -> Callable[[Row, Bar | None, RenderContext, int], tuple[str, RoleIndex]]:
    value, calls = expression.value, expression.calls

    def draw(row: Row, _bar: Bar | None, context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
        number = value(row, context.period, context.now_ms)
        if number is None:
            return NO_VALUE
        is_whole = all(row.coverage(call) >= WHOLE for call in calls)
        return formatting.short(number), Role.TEXT if is_whole else Role.PARTIAL

    return draw
