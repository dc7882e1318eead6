"""The columns of figures: rolling windows and indicators, made when somebody names one, such as `rvol(5m)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period
from klagg_tui.errors import FilterError
from klagg_tui.view.columns.column import ABOUT, NO_VALUE, PRICE_WIDTH, Column, RenderContext, change_role
from klagg_tui.view.model import Row
from klagg_tui.view.quotes import is_comparable
from klagg_tui.view.role import Role, RoleIndex, heat
from klagg_tui.view.screener.figure import OF_BARS, Figure, FigureCall, FigureUnit, parsed

AT_LEAST: Final = "≥"
"""Stands before a figure that may be more, because a part of what it looks at is not known."""

_WIDTHS: Final = {
    FigureUnit.PERCENT: 8,
    FigureUnit.MONEY: 8,
    FigureUnit.AMOUNT: 8,
    FigureUnit.COUNT: 6,
    FigureUnit.PRICE: PRICE_WIDTH,
    FigureUnit.TIMES: 6,
    FigureUnit.SCORE: 6,
    FigureUnit.RATIO: 6,
    FigureUnit.RATE: 9,
    FigureUnit.MINUTES: 7,
    FigureUnit.DAYS: 6,
}
_IMPORTANCE: Final = {
    "chg(24h)": 98,
    "turnover(24h)": 96,
    "chg(1h)": 94,
    "rvol(5m)": 92,
    "range(24h)": 84,
    "chg(5m)": 76,
    "from_high(24h)": 72,
}
"""Of those that are shown from the beginning."""
CHOSEN: Final = 89
"""The importance of what somebody asked for: before most others."""
_STRONGEST_DAILY_CHANGE: Final = 8.0
"""Percent in a day that is drawn in the strongest heat; other lengths by the root of time, as prices wander."""
_BUSY: Final = 3.0
"""Times the usual that is worth a look."""
_UNKNOWN: Final = (None, False)
_YEAR_DAYS: Final = 365.25
_BESIDE_PERIODS: Final = 90
"""The importance of a change in the view of all periods, of the shortest ones the most."""


@lru_cache(maxsize=256)
def named(text: str) -> Column | None:
    """The column of the figure that is written so; None where there is none. Its period's bars need not be kept."""
    try:
        return figure_column(parsed(text, tuple(Period)))
    except FilterError:
        return None


@lru_cache(maxsize=256)
def figure_column(call: FigureCall) -> Column:
    """The column of a figure: its title tells the arguments, its colour the direction where it has one."""
    figure = call.figure
    arguments = call.arguments
    title = f"{figure.title} {arguments}" if arguments else figure.title
    text_of, role_of, is_signed = _TEXTS[figure.unit], _role_of(figure), figure.is_signed
    is_money, sign = figure.unit is FigureUnit.MONEY, AT_LEAST if figure.is_floor else ABOUT

    def draw(row: Row, _bar: Bar | None, _context: RenderContext, width: int) -> tuple[str, RoleIndex]:
        figures = row.figures
        value, is_whole = _UNKNOWN if figures is None else figures.look(call, row.bars)
        if value is None:
            return NO_VALUE
        text = formatting.without_sign_of_nothing(text_of(value, row, is_signed))
        if is_whole:
            # What cannot be held against other rows stands back.
            return text, Role.FAINT if is_money and not is_comparable(row.quote) else role_of(value)
        bare = text.lstrip()
        return (f"{sign}{bare}" if len(bare) < width else text), Role.PARTIAL

    return Column(
        key=str(call),
        title=title,
        note=f"{figure.note}: {arguments}" if arguments else figure.note,
        importance=_IMPORTANCE.get(str(call), CHOSEN),
        width=_WIDTHS[figure.unit],
        measure=(
            (lambda row, _bar, now_ms: row.settled(call, now_ms // MINUTE_MS))
            if call.key in OF_BARS
            else (lambda row, _bar, _now_ms: row.figure(call))
        ),
        draw=draw,
        is_money=is_money,
        is_descending=figure.unit is not FigureUnit.DAYS,
        calls=frozenset({call}),
    )


@lru_cache(maxsize=64)
def heat_column(minutes: int) -> Column:
    """The change over so many minutes on its heat, for the view of all periods."""
    call = FigureCall("chg", (minutes,))
    strongest = _STRONGEST_DAILY_CHANGE * (minutes * MINUTE_MS / DAY_MS) ** 0.5

    def parts(row: Row, _bar: Bar | None, context: RenderContext, width: int) -> tuple[tuple[str, RoleIndex], ...]:
        figures = row.figures
        change, is_whole = _UNKNOWN if figures is None else figures.look(call, row.bars)
        if change is None:
            return ((formatting.NOTHING.rjust(width), Role.FAINT),)
        about = "" if is_whole else ABOUT
        text = f"{about}{formatting.percent(change).strip()}"
        if len(text) > width:
            text = f"{about}{formatting.short_percent(change).strip()}"[-width:]
        tail = " " if len(text) < width else ""
        return (
            (f"{text.rjust(width - len(tail))}{tail}", Role.FAINT if context.is_stale else heat(change, strongest)),
        )

    return replace(
        figure_column(call),
        title=call.arguments,
        note=f"change over the last {call.arguments}",
        importance=_BESIDE_PERIODS - minutes.bit_length(),
        width=10,
        min_width=7,
        parts=parts,
    )


def _role_of(figure: Figure) -> Callable[[float], Role]:
    """Gain or loss of what has a direction."""
    if figure.unit is FigureUnit.TIMES:
        return _busy_role
    if not figure.is_signed or figure.is_one_sided:
        plain = Role.TEXT if figure.unit is FigureUnit.MONEY else Role.DIM
        return lambda _value: plain
    return change_role if figure.unit is FigureUnit.PERCENT else _signed_role


def _busy_role(value: float) -> Role:
    return Role.ACCENT if value >= _BUSY else Role.TEXT


def _signed_role(value: float) -> Role:
    return Role.GAIN if value > 0 else Role.LOSS if value < 0 else Role.DIM


def _percent(value: float, _row: Row, is_signed: bool) -> str:
    drawn = formatting.percent(value)
    return drawn if is_signed else drawn[1:]


def _amount(value: float, _row: Row, is_signed: bool) -> str:
    return f"{'+' if is_signed and value > 0 else ''}{formatting.short(value)}"


def _count(value: float, _row: Row, _is_signed: bool) -> str:
    return formatting.count(round(value))


def _price(value: float, row: Row, _is_signed: bool) -> str:
    # Before a bar was seen nobody knows how many decimals the symbol has.
    return f"{value:,.{row.decimals}f}" if row.last is not None else formatting.grouped(formatting.plain(value))


def _times(value: float, _row: Row, _is_signed: bool) -> str:
    return f"{value:.2f}×" if value < 9.995 else f"{value:.1f}×" if value < 99.95 else f"{formatting.short(value)}×"


def _score(value: float, _row: Row, _is_signed: bool) -> str:
    return f"{value:.1f}" if abs(value) < 999.95 else formatting.short(value)


def _ratio(value: float, _row: Row, _is_signed: bool) -> str:
    return f"{value:+.2f}" if abs(value) < 99.995 else f"{'+' if value > 0 else ''}{formatting.short(value)}"


def _rate(value: float, _row: Row, _is_signed: bool) -> str:
    return f"{value:+.4f}%" if abs(value) < 99.99995 else formatting.percent(value)


def _minutes(value: float, _row: Row, _is_signed: bool) -> str:
    hours, minutes = divmod(int(value), 60)
    return f"{hours}:{minutes:02}"


def _days(value: float, _row: Row, _is_signed: bool) -> str:
    if value < 1000:
        return f"{value:.1f}d" if value < 9.95 else f"{value:.0f}d"
    return f"{value / _YEAR_DAYS:.1f}y"


_TEXTS: Final[dict[FigureUnit, Callable[[float, Row, bool], str]]] = {
    FigureUnit.PERCENT: _percent,
    FigureUnit.MONEY: _amount,
    FigureUnit.AMOUNT: _amount,
    FigureUnit.COUNT: _count,
    FigureUnit.PRICE: _price,
    FigureUnit.TIMES: _times,
    FigureUnit.SCORE: _score,
    FigureUnit.RATIO: _ratio,
    FigureUnit.RATE: _rate,
    FigureUnit.MINUTES: _minutes,
    FigureUnit.DAYS: _days,
}
"""From the value, its row and whether it has a direction to a text that is no wider than the column."""
