"""The column of the last closes, as a sparkline."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import FLEXIBLE_WIDTH, Column, RenderContext, Value
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.sparkline import level, sparkline

_MEASURED: Final = 32
"""Closes whose change counts in a sort or filter, whatever the width."""


def _draw(row: Row, bar: Bar | None, context: RenderContext, width: int) -> tuple[str, RoleIndex]:
    # What is finished stays as it is drawn while the newest close is within its reach: so it is in most frames.
    finished = row.finished(context.period)
    if finished is not None and bar is not None and width > 1:
        drawn, close = finished.drawn(width - 1), float(bar[6])
        if drawn.low <= close <= drawn.high and drawn.low < drawn.high:
            return drawn.line + level(close, drawn.low, drawn.high), _role(close - drawn.first)
    closes = row.closes(context.period, width)
    if len(closes) < 2:
        return "" if bar is not None else no_bar_text(context.period, width), Role.FAINT
    return sparkline(closes, width), _role(closes[-1] - closes[0])


def _role(rise: float) -> Role:
    return Role.GAIN_VOLUME if rise > 0 else Role.LOSS_VOLUME if rise < 0 else Role.DIM


def _measure(row: Row, bar: Bar | None, _now_ms: int) -> Value:
    closes = row.closes(bar.period, _MEASURED) if bar is not None else ()
    return (closes[-1] - closes[0]) * 100 / closes[0] if len(closes) > 1 and closes[0] else None


def no_bar_text(period: Period, width: int) -> str:
    """Why a row has nothing of that period, in the longest words that fit."""
    texts = (f"no bar of {period} yet", f"no {period} bar yet", "no bar yet", "no bar")
    return next((text for text in texts if len(text) <= width), formatting.NOTHING)


SPARK: Final = Column(
    key="spark",
    title="Closes",
    note="the last closes; sorts by their change in percent",
    importance=88,
    width=FLEXIBLE_WIDTH,
    measure=_measure,
    draw=_draw,
    is_left=True,
    aliases=("trend", "closes"),
    importance_beside_periods=39,
)
