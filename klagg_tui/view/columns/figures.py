"""Columns of figures: one for each call, whatever its arguments, and how their values are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DAY_MS, MINUTE_MS
from klagg_tui.view.columns.column import PRICE_WIDTH, Column, RenderContext, change_role
from klagg_tui.view.model import Row
from klagg_tui.view.quotes import is_comparable
from klagg_tui.view.role import Role, RoleIndex, heat
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.kinds import FigureUnit

ABOUT: Final = "≈"
"""Before a value of which not all is known that it is made of."""
_STRONGEST_DAILY_CHANGE: Final = 8.0
"""Percent in a day that is drawn in the strongest heat; other lengths by the root of time, as prices wander."""
_BUSY: Final = 3.0
"""Times the usual that is worth a look."""

_TEXTS: Final[Mapping[FigureUnit, Callable[[float, Row], str]]] = {
    FigureUnit.PERCENT: lambda value, _row: f"{value:.2f}%" if value < 999.5 else f"{value:.0f}%",
    FigureUnit.MONEY: lambda value, _row: formatting.short(value),
    FigureUnit.AMOUNT: lambda value, _row: formatting.short(value),
    FigureUnit.COUNT: lambda value, _row: formatting.count(round(value)),
    FigureUnit.PRICE: lambda value, row: f"{value:.{row.decimals}f}",
    FigureUnit.TIMES: lambda value, _row: f"{value:.1f}×" if value < 99.95 else f"{formatting.short(value)}×",
    FigureUnit.SCORE: lambda value, _row: f"{value:.0f}",
    FigureUnit.RATIO: lambda value, _row: f"{value:+.2f}",
}
_WIDTHS: Final[Mapping[FigureUnit, int]] = {
    FigureUnit.PERCENT: 8,
    FigureUnit.MONEY: 8,
    FigureUnit.AMOUNT: 8,
    FigureUnit.COUNT: 7,
    FigureUnit.PRICE: PRICE_WIDTH,
    FigureUnit.TIMES: 7,
    FigureUnit.SCORE: 5,
    FigureUnit.RATIO: 7,
}
"""With the sign before what is not known wholly."""
_USUAL_IMPORTANCE: Final = 62
_IMPORTANCE: Final = {
    "chg(24h)": 98,
    "turnover(24h)": 96,
    "chg(1h)": 94,
    "rvol(5m)": 92,
    "range(24h)": 84,
    "chg(5m)": 76,
    "from_high(24h)": 72,
}
_BESIDE_PERIODS: Final = 90
"""Importance of the shortest change in the view of all periods."""


@lru_cache(maxsize=512)
def figure_column(call: FigureCall) -> Column:
    """The column of a figure with its arguments; its key is how the call is written."""
    figure = call.figure

    def draw(row: Row, _bar: Bar, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
        value = row.figure(call)
        if value is None:
            return formatting.NOTHING, Role.FAINT
        text = _text(call, value, row)
        if row.coverage(call) < 1:
            return f"{ABOUT}{text.lstrip()}", Role.PARTIAL
        return text, _role(call, value, row)

    return Column(
        key=str(call),
        title=f"{figure.title} {call.arguments}".rstrip(),
        note=figure.note,
        importance=_IMPORTANCE.get(str(call), _USUAL_IMPORTANCE),
        width=_WIDTHS[figure.unit],
        measure=lambda row, _bar, _now_ms: row.figure(call),
        draw=draw,
        is_money=figure.unit is FigureUnit.MONEY,
        calls=frozenset({call}),
    )


def _text(call: FigureCall, value: float, row: Row) -> str:
    figure = call.figure
    if not figure.is_signed or figure.unit is FigureUnit.RATIO:
        return _TEXTS[figure.unit](value, row)
    if figure.unit is FigureUnit.PERCENT:
        return formatting.percent(value)
    return f"{'+' if value > 0 else ''}{_TEXTS[figure.unit](value, row)}"


def _role(call: FigureCall, value: float, row: Row) -> Role:
    figure = call.figure
    if figure.unit is FigureUnit.MONEY and not is_comparable(row.quote):
        return Role.FAINT
    if figure.unit is FigureUnit.TIMES:
        return Role.ACCENT if value >= _BUSY else Role.DIM
    if not figure.is_signed or figure.unit is FigureUnit.RATIO or figure.is_one_sided:
        return Role.TEXT if figure.unit is FigureUnit.MONEY else Role.DIM
    return change_role(value) if figure.unit is FigureUnit.PERCENT else Role.GAIN if value > 0 else Role.LOSS


@lru_cache(maxsize=64)
def heat_column(minutes: int) -> Column:
    """The change over so many minutes on its heat, for the view of all periods."""
    call = FigureCall("chg", (minutes,))
    strongest = _STRONGEST_DAILY_CHANGE * (minutes * MINUTE_MS / DAY_MS) ** 0.5

    def parts(row: Row, _bar: Bar, context: RenderContext, width: int) -> tuple[tuple[str, RoleIndex], ...]:
        change = row.figure(call)
        if change is None:
            return ((formatting.NOTHING.rjust(width), Role.FAINT),)
        about = ABOUT if row.coverage(call) < 1 else ""
        text, tail = about + formatting.percent(change).lstrip(), 1
        if width < len(text) + 1 + tail:
            text, tail = about + formatting.short_percent(change).lstrip(), 0
        text = text if len(text) <= width else text[len(about) :]
        return ((text.rjust(width - tail) + " " * tail, Role.FAINT if context.is_stale else heat(change, strongest)),)

    return replace(
        figure_column(call),
        title=call.arguments,
        note=f"change over the last {call.arguments}",
        importance=_BESIDE_PERIODS - min(30, minutes.bit_length()),
        width=10,
        min_width=7,
        parts=parts,
    )
