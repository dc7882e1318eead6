"""The columns of changes: within the bar on view, its reach, and within the bar of each period."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.view.columns.column import NO_VALUE, Column, RenderContext, Value, change_role
from klagg_tui.view.model import Row, change_percent, is_stale_bar, taker_share
from klagg_tui.view.role import Role, RoleIndex, heat


def _draw_change(_row: Row, bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    change = change_percent(bar)
    return formatting.percent(change), change_role(change)


CHANGE: Final = Column(
    key="chg",
    title="Chg",
    note="close against open of the bar, in percent",
    importance=98,
    width=8,
    measure=lambda _row, bar, _now_ms: change_percent(bar),
    draw=_draw_change,
    aliases=("change",),
)


def _draw_range(_row: Row, bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    if bar is None or not bar.low:
        return NO_VALUE
    return f"{(bar.high - bar.low) * 100 / bar.low:.2f}%", Role.DIM


def _measure_range(_row: Row, bar: Bar | None, _now_ms: int) -> Value:
    return (bar.high - bar.low) * 100 / bar.low if bar is not None and bar.low else None


RANGE: Final = Column(
    key="range",
    title="Range",
    note="high against low, in percent",
    importance=30,
    width=7,
    measure=_measure_range,
    draw=_draw_range,
)

_STRONGEST_DAILY_CHANGE: Final = 8.0
"""Percent in a day that is drawn in the strongest heat; other lengths by the root of time, as prices wander."""


def period_key(period: Period) -> str:
    """The key of the change within the bar of a period, as the language writes it."""
    return f"bar.{CHANGE.key}({period})"


def period_column(period: Period) -> Column:
    """The change in a period, after the period's candle in one cell on the heat of its takers."""
    ordinal = period.ordinal
    strongest = _STRONGEST_DAILY_CHANGE * (period.nominal_ms / DAY_MS) ** 0.5

    def parts(row: Row, _bar: Bar | None, context: RenderContext, width: int) -> tuple[tuple[str, RoleIndex], ...]:
        bar = row.bars[ordinal]
        if bar is None:
            return ((formatting.NOTHING.rjust(width), Role.FAINT),)
        change = change_percent(bar)
        share = taker_share(bar)
        candle_role = heat(None if share is None else share - 0.5, 0.5)
        text, lead, tail = formatting.percent(change), 2, 1
        if width < 3 + len(text):
            text, lead, tail = formatting.short_percent(change), 1, 0
        stale = context.is_stale or is_stale_bar(bar, context.now_ms)
        return (candle_cell(bar).ljust(lead), Role.FAINT if stale else candle_role), (
            text.rjust(width - lead - tail) + " " * tail,
            Role.FAINT if stale else heat(change, strongest),
        )

    def draw(row: Row, _bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
        change = change_percent(row.bars[ordinal])
        return formatting.percent(change), change_role(change)

    return Column(
        key=period_key(period),
        title=str(period),
        note=f"change within {period}",
        importance=90 - ordinal,
        width=11,
        min_width=7,
        measure=lambda row, _bar, _now_ms: change_percent(row.bars[ordinal]),
        draw=draw,
        parts=parts,
    )


def candle_cell(bar: Bar) -> str:
    """A candle in one cell: where its body stands between high and low."""
    reach = bar.high - bar.low
    if not reach:
        return "╶"
    above = (bar.high - max(bar.open, bar.close)) / reach
    below = (min(bar.open, bar.close) - bar.low) / reach
    if above + below > 0.85:
        return "│"
    if above < 0.25 and below < 0.25:
        return "┃"
    return "╽" if above > below else "╿"
