"""The column of names; always there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.view.columns.column import SYMBOL_WIDTH, WHOLE_SYMBOL_WIDTH, Column, RenderContext, Unit
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex


def _draw(row: Row, _bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return row.title, Role.STRONG


def _draw_whole(row: Row, _bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return row.symbol, Role.STRONG


SYMBOL: Final = Column(
    key="symbol",
    title="Symbol",
    note="name of the contract",
    importance=100,
    width=SYMBOL_WIDTH,
    measure=lambda row, _bar, _now_ms: row.title,
    draw=_draw,
    is_left=True,
    unit=Unit.TEXT,
    aliases=("name", "sym"),
    texts=lambda row: (row.qualified,),
    is_descending=False,
)

WHOLE_SYMBOL: Final = replace(SYMBOL, width=WHOLE_SYMBOL_WIDTH, draw=_draw_whole)
"""The same where several exchanges are watched and no other column says which one it is."""
