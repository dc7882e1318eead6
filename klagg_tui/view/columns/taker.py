"""The column of the takers: which part of the volume they bought, as a line in two weights."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.view.columns.column import Column, RenderContext, Value
from klagg_tui.view.model import Row, taker_share
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.sparkline import balance


def _parts(_row: Row, bar: Bar | None, _context: RenderContext, width: int) -> tuple[tuple[str, RoleIndex], ...]:
    share = taker_share(bar)
    if share is None:
        return ((formatting.NOTHING.center(width), Role.FAINT),)
    bought, sold = balance(share, width)
    return (bought, Role.TAKER), (sold, Role.SELLER)


def _draw(_row: Row, bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    share = taker_share(bar)
    return (formatting.NOTHING if share is None else f"{share:.0%}"), Role.DIM


def _measure(_row: Row, bar: Bar | None, _now_ms: int) -> Value:
    share = taker_share(bar)
    return None if share is None else share * 100


TAKER: Final = Column(
    key="taker",
    title="Buyers",
    note="part of the volume that takers bought, in percent",
    importance=80,
    width=8,
    measure=_measure,
    draw=_draw,
    parts=_parts,
    is_left=True,
    aliases=("buyers",),
    importance_beside_periods=37,
)
