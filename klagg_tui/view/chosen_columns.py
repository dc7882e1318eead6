"""Columns by what somebody wrote: a column's name, a figure with its arguments, an own name, any number of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.columns import registry
from klagg_tui.view.columns.column import Column, RenderContext, Value
from klagg_tui.view.columns.figures import ABOUT, figure_column
from klagg_tui.view.filter import Expression, Scope
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.screener.figure import FIGURES, parsed

_MAX_TITLE: Final = 16
_WIDTH: Final = 8
_IMPORTANCE: Final = 93
"""Of what somebody made up: below what everybody looks at, above the rest."""
_SMALL: Final = 0.01
_EXAMPLES: Final = tuple(figure.example for figure in FIGURES.values())


class ChosenColumns:
    """Finds columns in one scope; each is read once."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._found: dict[str, Column | None] = {}
        self.errors: dict[str, str] = {}
        """Why a text is no column."""

    def __call__(self, text: str) -> Column | None:
        """The column of that text; None where it is none, and `errors` says why."""
        if text not in self._found:
            try:
                self._found[text] = self.read(text)
            except FilterError as error:
                self._found[text], self.errors[text] = None, str(error)
        return self._found[text]

    def read(self, text: str) -> Column:
        """The column of that text.

        Raises:
            FilterError: it is none.
        """
        known = registry.BY_NAME.get(text) or registry.PERIOD_COLUMNS.get(text)
        if known is not None:
            return known
        periods = self._scope.periods
        try:
            return figure_column(parsed(text, tuple(Period) if periods is None else periods))
        except FilterError:
            return expression_column(filters.read_number(text, self._scope))


def offered_columns(find: Callable[[str], Column | None], names: Iterable[tuple[str, str]]) -> list[Column]:
    """What can be chosen without writing: the columns of the bar, those shown from the beginning, own names, each figure once."""
    texts = (*registry.DEFAULT_KEYS, *registry.BY_KEY, *(name for name, _ in names), *_EXAMPLES)
    found = {column.key: column for text in texts if (column := find(text)) is not None}
    return list(found.values())


def expression_column(expression: Expression) -> Column:
    """The column of a number of the language; its key is the text."""
    value_of, calls, text = expression.value, expression.calls, expression.text

    def measure(row: Row, bar: Bar | None, now_ms: int) -> Value:
        return None if bar is None else value_of(row, bar.period, now_ms)

    def draw(row: Row, bar: Bar, context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
        value = value_of(row, bar.period, context.now_ms)
        if value is None:
            return formatting.NOTHING, Role.FAINT
        drawn = f"{value:.0e}" if 0 < abs(value) < _SMALL else formatting.short(value)
        if any(row.coverage(call) < 1 for call in calls):
            return f"{ABOUT}{drawn}", Role.PARTIAL
        return drawn, Role.TEXT

    return Column(
        key=text,
        title=text if len(text) <= _MAX_TITLE else f"{text[: _MAX_TITLE - 1]}…",
        note="your own",
        importance=_IMPORTANCE,
        width=_WIDTH,
        measure=measure,
        draw=draw,
        calls=calls,
    )
