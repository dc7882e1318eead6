"""The columns of what a symbol is: at which exchange, which coin, paid in what."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.view.columns.column import Column, RenderContext, Unit
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex


def venue_texts(key: str, name: str) -> tuple[str, ...]:
    """By what else an exchange is found: `okx` is every market of it, `OKX swaps` what people call it."""
    return key.partition("-")[0], name


def _draw_venue(row: Row, _bar: Bar | None, _context: RenderContext, width: int) -> tuple[str, RoleIndex]:
    return short_key(row.venue, width) or formatting.NOTHING, Role.DIM


def short_key(key: str, width: int) -> str:
    """The exchange in so many cells: where it is cut, its kind of market stays, which tells it from its sister."""
    if len(key) <= width:
        return key
    name, joint, kind = key.partition("-")
    kind = f"{joint}{kind}"
    return f"{name[: max(1, width - len(kind) - 1)]}…{kind}"


def _draw_base(row: Row, _bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return row.base or formatting.NOTHING, Role.TEXT


def _draw_quote(row: Row, _bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
    return row.quote or formatting.NOTHING, Role.DIM


VENUE: Final = Column(
    key="venue",
    title="Exchange",
    note="the exchange and its kind of market; where several are watched",
    importance=99,
    width=13,
    measure=lambda row, _bar, _now_ms: row.venue or None,
    draw=_draw_venue,
    is_left=True,
    unit=Unit.TEXT,
    aliases=("exchange",),
    is_descending=False,
    importance_beside_periods=97,
    texts=lambda row: venue_texts(row.venue, row.venue_name),
    is_pattern=True,
    min_width=8,
)
BASE: Final = Column(
    key="base",
    title="Base",
    note="the coin that is traded, as the exchange lists it",
    importance=55,
    width=7,
    measure=lambda row, _bar, _now_ms: row.base or None,
    draw=_draw_base,
    is_left=True,
    unit=Unit.TEXT,
    aliases=("coin",),
    is_descending=False,
    is_pattern=True,
)
QUOTE: Final = Column(
    key="quote",
    title="Quote",
    note="what it is paid in, as the exchange lists it",
    importance=54,
    width=5,
    measure=lambda row, _bar, _now_ms: row.quote or None,
    draw=_draw_quote,
    is_left=True,
    unit=Unit.TEXT,
    is_descending=False,
    is_pattern=True,
)
