"""One line of the market table, from a row to a strip.

The hot path of the screen: some sixty lines a frame. Each line is one strip of as few segments as there are colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from klagg_tui.engine.bar import Bar
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.state import state_sign
from klagg_tui.view.layout import LEAD, Placed
from klagg_tui.view.marking import sign_of
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex

_FLASHES: Final = {1: Role.GAIN_FLASH, -1: Role.LOSS_FLASH}
_ARROWS: Final = {Role.GAIN_FLASH: "▲", Role.LOSS_FLASH: "▼"}
_BLANKS: Final = tuple(" " * count for count in range(16))
_KEEPS_COLOUR: Final = frozenset({Role.WARN, Role.MARK})


class RowState(NamedTuple):
    """What a line depends on besides its row."""

    cursor: bool
    mark: bool
    flash: int
    """1 for a price that rose just now, -1 for one that fell."""
    thumb: bool
    """Whether the scroll bar's thumb is beside it."""
    on_wall: bool = False
    """Whether it is marked for the wall of charts; `mark` is about the watchlist."""
    alert: str = ""
    """A sign of alerts: see `view.alerts.marks`."""


def row_strip(
    row: Row, placed: Sequence[Placed], context: RenderContext, styles: Sequence[Style], width: int, row_state: RowState
) -> Strip:
    """The row as a line of `width` cells, the last one for the scroll bar; `context.is_stale` is about this row."""
    bar = row.bars[context.period.ordinal]
    pieces: list[tuple[str, RoleIndex]] = [("▌" if row_state.cursor else " ", Role.KEY)]
    pieces.append((sign_of(is_marked=row_state.on_wall, is_listed=row_state.mark), Role.MARK))
    sign, role = state_sign(row, bar, context)
    sign = sign.ljust(2)
    pieces += [(sign[0], role), (row_state.alert or sign[1], Role.MARK if row_state.alert else role)]
    cells = _cells(row, bar, placed, context, _FLASHES.get(row_state.flash))
    pieces += (
        [(text, role if role in _KEEPS_COLOUR else Role.FAINT) for text, role in cells] if context.is_stale else cells
    )
    used = placed[-1].x + placed[-1].width if placed else LEAD
    pieces.append((" " * (width - 1 - used), Role.TEXT))
    pieces.append(("▐", Role.FAINT) if row_state.thumb else (" ", Role.TEXT))
    return Strip(_segments(pieces, styles), width)


def _cells(
    row: Row, bar: Bar | None, placed: Sequence[Placed], context: RenderContext, flash: Role | None
) -> list[tuple[str, RoleIndex]]:
    """The columns, blanks before each included."""
    pieces: list[tuple[str, RoleIndex]] = []
    for column, _, cells, gap in placed:
        if column.parts is not None:
            pieces.append((_BLANKS[gap], Role.TEXT))
            pieces += column.parts(row, bar, context, cells)
            continue
        text, role = column.draw(row, bar, context, cells)
        if column.is_left:
            text = _BLANKS[gap] + fitted(text, cells, is_left=True)
        elif flash is not None and column.flashes:
            # The arrow may stand in the blanks before the column, but not in the last one: there the colour has to do.
            arrow = _ARROWS[flash] if gap > 1 or len(text) < cells else ""
            lent = 1 if arrow and len(text) >= cells else 0
            pieces.append((_BLANKS[gap - lent], Role.TEXT))
            text, role = fitted(arrow + text, cells + lent, is_left=False), flash
        elif len(text) <= cells:
            text = text.rjust(cells + gap)  # numbers: each letter is one cell
        else:
            text = _BLANKS[gap] + fitted(text, cells, is_left=False)
        pieces.append((text, role))
    return pieces


def fitted(text: str, cells: int, *, is_left: bool) -> str:
    """The text as exactly `cells` cells; a longer one ends in an ellipsis, so that a number is never cut unseen."""
    length = len(text) if text.isascii() else cell_len(text)
    if length == cells:
        return text
    if length > cells:
        return f"{set_cell_size(text, cells - 1)}…" if cells > 0 else ""
    return text + " " * (cells - length) if is_left else " " * (cells - length) + text


def _segments(pieces: Iterable[tuple[str, RoleIndex]], styles: Sequence[Style]) -> list[Segment]:
    """Neighbours of one style are one segment: each costs the terminal driver a style of its own."""
    segments = []
    text, last = "", int(Role.TEXT)
    for piece, role in pieces:
        if role == last:
            text += piece
            continue
        if text:
            segments.append(Segment(text, styles[last]))
        text, last = piece, role
    segments.append(Segment(text, styles[last]))
    return segments


def header_pieces(placed: Sequence[Placed], sort_key: str, *, descending: bool) -> list[tuple[str, Role, str]]:
    """Text, role and column key of each cell of the header, the blanks between with an empty key."""
    pieces: list[tuple[str, Role, str]] = [(" " * LEAD, Role.DIM, "")]
    for column, _, cells, gap in placed:
        chosen = column.key == sort_key
        title = column.title
        if chosen:
            sign = "▼" if descending else "▲"
            title = f"{title}{sign}" if column.is_left else f"{sign}{title}"
        # The sign may stand in the blanks before the column.
        lent = min(gap, max(0, len(title) - cells)) if not column.is_left else 0
        pieces.append((" " * (gap - lent), Role.DIM, ""))
        text = fitted(title, cells + lent, is_left=column.is_left)
        pieces.append((text, Role.TITLE if chosen else Role.DIM, column.key))
    return pieces
