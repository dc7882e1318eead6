"""The column of the time since the newest trade."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.view.columns.column import Column, RenderContext, Unit
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex


def age_of(row: Row, now_ms: int) -> int | None:
    """Milliseconds since the symbol's newest trade."""
    return None if row.last_trade_ms is None else max(0, now_ms - row.last_trade_ms)


def _draw(row: Row, _bar: Bar | None, context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    elapsed = age_of(row, context.now_ms)
    return formatting.age(elapsed), Role.DIM if elapsed is None or elapsed < MINUTE_MS else Role.FAINT


AGE: Final = Column(
    key="age",
    title="Age",
    note="since the newest trade",
    importance=66,
    width=4,
    measure=lambda row, _bar, now_ms: age_of(row, now_ms),
    draw=_draw,
    unit=Unit.DURATION,
    is_descending=False,
    importance_beside_periods=40,
)
