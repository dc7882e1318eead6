"""The columns of what was traded: volume, turnover, number of trades."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.view.columns.column import Column, RenderContext, sum_role
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex


def _draw_volume(_row: Row, bar: Bar, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return formatting.short(exact.quantity_as_float(bar.volume)), sum_role(bar)


def _draw_turnover(_row: Row, bar: Bar, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return formatting.short(exact.turnover_as_float(bar.turnover)), sum_role(bar, Role.TEXT)


def _draw_trades(_row: Row, bar: Bar, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return formatting.count(bar.trade_count), sum_role(bar)


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
    note="price × amount in the bar, in the quote coin",
    importance=90,
    width=8,
    measure=lambda _row, bar, _now_ms: exact.turnover_as_float(bar.turnover) if bar else None,
    draw=_draw_turnover,
    aliases=("quote",),
    importance_beside_periods=38,
)
TRADES: Final = Column(
    key="trades",
    title="Trades",
    note="number of trades in the bar",
    importance=65,
    width=6,
    measure=lambda _row, bar, _now_ms: bar.trade_count if bar else None,
    draw=_draw_trades,
    aliases=("count",),
)
