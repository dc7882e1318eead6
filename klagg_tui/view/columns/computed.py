"""Columns that are written as a number of the language: a figure (`rvol(5m,20)`), a calculation, a name of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.columns import registry
from klagg_tui.view.columns.column import PRICE_WIDTH, Column, RenderContext, Value, change_role
from klagg_tui.view.filter import Expression, Scope
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.kinds import FigureUnit

_IMPORTANCE: Final = 89
"""Somebody asked for it: before most others."""
_LONGEST_TITLE: Final = 12
_LEAST_WIDTH: Final = 6
_TEXTS: Final[dict[FigureUnit, Callable[[float], str]]] = {
    FigureUnit.PERCENT: formatting.percent,
    FigureUnit.COUNT: lambda value: formatting.count(round(value)),
    FigureUnit.TIMES: lambda value: f"{value:.1f}×" if value < 1_000 else f"{formatting.short(value)}×",
    FigureUnit.SCORE: lambda value: f"{value:.0f}",
    FigureUnit.RATIO: lambda value: f"{value:+.2f}",
}
"""Of others than prices, amounts and money."""


def computed(text: str, scope: Scope) -> Column:
    """The column of that number; its key is the text.

    Raises:
        FilterError: the text is no number.
    """
    expression = filters.read_number(text, scope)
    call = expression.figure
    title = text if call is None else f"{call.figure.title} {call.arguments}".rstrip()
    title = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
    unit = None if call is None else call.figure.unit
    is_price = unit is FigureUnit.PRICE
    return Column(
        key=text,
        title=title,
        note=call.figure.note if call is not None else f"= {scope.names.get(text.lower(), text)}",
        importance=_IMPORTANCE,
        width=PRICE_WIDTH if is_price else max(len(title), 8 if unit is FigureUnit.PERCENT else _LEAST_WIDTH),
        measure=_measure(expression),
        draw=_draw(expression, call),
        is_default=False,
        is_money=unit is FigureUnit.MONEY,
        calls=expression.calls,
    )


class ColumnFinder:
    """Finds columns by their keys, also computed ones; each is made once, so that the same key is the same column."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._made: dict[str, Column | None] = {}

    def find(self, key: str) -> Column | None:
        """The column; None where the key is none and cannot be read as a number."""
        known = registry.find(key)
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


def _draw(
    expression: Expression, call: FigureCall | None
) -> Callable[[Row, Bar, RenderContext, int], tuple[str, RoleIndex]]:
    value, calls = expression.value, expression.calls
    unit = None if call is None else call.figure.unit
    is_signed = call is not None and call.figure.is_signed
    text_of = formatting.short if unit is None else _TEXTS.get(unit, formatting.short)

    def draw(row: Row, _bar: Bar, context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
        number = value(row, context.period, context.now_ms)
        if number is None:
            return formatting.NOTHING, Role.FAINT
        text = f"{number:.{row.decimals}f}" if unit is FigureUnit.PRICE else text_of(number)
        if any(row.coverage(each) < 1 for each in calls):
            return text, Role.PARTIAL
        return text, change_role(number) if is_signed else Role.TEXT

    return draw
