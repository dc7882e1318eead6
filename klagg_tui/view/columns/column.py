"""What a column is: its worth in a sort or filter, how it is drawn, what it is called, how wide it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.screener.figure import FigureCall


class RenderContext(NamedTuple):
    """What the drawing of a row depends on besides the row."""

    period: Period
    now_ms: int
    is_stale: bool
    """The bar, or the whole feed, is outdated."""
    usual: str = State.FORMING.label
    """The state that goes without saying, see `view.columns.state`."""


Value: TypeAlias = float | int | str | None
Measure: TypeAlias = Callable[[Row, Bar | None, int], Value]
"""From the row, its bar of the period and the time to the value that is compared; None: the row has none."""
Draw: TypeAlias = Callable[[Row, Bar | None, RenderContext, int], tuple[str, RoleIndex]]
"""From the row, its bar of the period where there is one, the context and the width to a text that is no wider, and its meaning."""
DrawParts: TypeAlias = Callable[[Row, Bar | None, RenderContext, int], tuple[tuple[str, RoleIndex], ...]]
"""The same in several pieces, together exactly as wide."""

NO_VALUE: Final[tuple[str, RoleIndex]] = (formatting.NOTHING, Role.FAINT)
"""What is drawn of a value that is not known, and of a bar that is not there."""

ABOUT: Final = "≈"
"""Stands before what is known only in part, or by hearsay."""

PRICE_WIDTH: Final = -1
"""As wide as the longest price on view."""
SYMBOL_WIDTH: Final = -2
"""As wide as the longest name on view."""
WHOLE_SYMBOL_WIDTH: Final = -4
"""As wide as the longest name with its exchange."""
FLEXIBLE_WIDTH: Final = -3
"""As wide as the others leave room for."""


class Unit(Enum):
    """How the filter language reads what the column is compared with."""

    NUMBER = auto()
    """`1.5`, `2k`, `60%`."""
    DURATION = auto()
    """`30s`, `5m`; the column's values are milliseconds."""
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the market table."""

    key: str
    """Its name in filters, settings and the state file: lower-case letters only, or as the language writes a number."""
    title: str
    note: str
    """Its sentence in the help."""
    importance: int
    """Where room is short, the lowest goes first."""
    width: int
    """Cells, or one of the widths above, which are measured."""
    measure: Measure
    draw: Draw
    parts: DrawParts | None = None
    """Drawn by this instead of `draw` where one meaning is not enough."""
    is_left: bool = False
    """Text that begins at the left edge; numbers end at the right one."""
    unit: Unit = Unit.NUMBER
    aliases: tuple[str, ...] = ()
    """Other names in filters."""
    is_descending: bool = True
    """Whether the first sort by it begins at the largest value."""
    flashes: bool = False
    """Whether it shows that the newest price rose or fell."""
    importance_beside_periods: int = 0
    """Its importance in the view of all periods; 0: not shown there."""
    min_width: int = 0
    """Cells it can be squeezed to before it would have to go; 0: it cannot."""
    is_money: bool = False
    """Whether it is an amount of the quote: those of other quotes than dollars are sorted below, each quote by itself."""
    texts: Callable[[Row], tuple[str, ...]] | None = None
    """Of a text, further ones by which a filter finds it."""
    values: tuple[str, ...] = ()
    """All texts that there are, where they are few."""
    calls: frozenset[FigureCall] = frozenset()
    """Figures that have to be computed for it."""
    is_pattern: bool = False
    """Whether `:` in a filter takes a text for the whole value, `*` and `?` standing for any letters."""


_NOTICEABLE_CHANGE: Final = 0.005
"""Percent; less is drawn as 0.00% and is neither gain nor loss."""


def change_role(percent: float | None) -> Role:
    """Gain, loss or neither."""
    if not percent or abs(percent) < _NOTICEABLE_CHANGE:
        return Role.DIM
    return Role.GAIN if percent > 0 else Role.LOSS


def sum_role(bar: Bar, role: Role = Role.DIM) -> Role:
    """The role of a sum over a bar: one of a partial bar is marked, because trades are missing from it."""
    return Role.PARTIAL if bar.state is State.PARTIAL else role
