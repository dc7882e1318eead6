"""The column of names; always there."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.view.columns.column import SYMBOL_WIDTH, Column, RenderContext, Unit
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex


def _draw(row: Row, _bar: Bar, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return row.symbol, Role.STRONG


SYMBOL: Final = Column(
    key="symbol",
    title="Symbol",
    note="name of the contract",
    importance=100,
    width=SYMBOL_WIDTH,
    measure=lambda row, _bar, _now_ms: row.symbol,
    draw=_draw,
    is_left=True,
    unit=Unit.TEXT,
    aliases=("name", "sym"),
    is_descending=False,
)
