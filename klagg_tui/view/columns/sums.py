"""The columns of what was traded: volume, turnover, number of trades."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.view.columns.column import NO_VALUE, Column, RenderContext, Value, sum_role
from klagg_tui.view.model import Row, trade_count_of, turnover_of
from klagg_tui.view.quotes import is_comparable
from klagg_tui.view.role import Role, RoleIndex


def _draw_volume(_row: Row, bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    if bar is None:
        return NO_VALUE
    return formatting.short(exact.quantity_as_float(bar.volume)), sum_role(bar)


def _draw_turnover(row: Row, bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    turnover = turnover_of(bar)
    if bar is None or turnover is None:
        return NO_VALUE
    role = Role.TEXT if is_comparable(row.quote) else Role.FAINT
    return formatting.short(exact.turnover_as_float(turnover)), sum_role(bar, role)


def _measure_turnover(_row: Row, bar: Bar | None, _now_ms: int) -> Value:
    turnover = turnover_of(bar)
    return None if turnover is None else exact.turnover_as_float(turnover)


def _draw_trades(_row: Row, bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    count = trade_count_of(bar)
    return NO_VALUE if bar is None or count is None else (formatting.count(count), sum_role(bar))


VOLUME: Final = Column(
    key="vol",
    title="Volume",
    note="amount traded in the bar, in the base coin",
    importance=70,
    width=6,
    measure=lambda _row, bar, _now_ms: exact.quantity_as_float(bar.volume) if bar else None,
    draw=_draw_volume,
    aliases=("volume",),
)
TURNOVER: Final = Column(
    key="turnover",
    title="Turnover",
    note="price × amount in the bar, in the quote coin; sorts dollar-like quotes first, $ where several of them are mixed",
    importance=90,
    width=8,
    measure=_measure_turnover,
    draw=_draw_turnover,
    is_money=True,
)
TRADES: Final = Column(
    key="trades",
    title="Trades",
    note="number of trades in the bar",
    importance=65,
    width=6,
    measure=lambda _row, bar, _now_ms: trade_count_of(bar),
    draw=_draw_trades,
    aliases=("count",),
)
