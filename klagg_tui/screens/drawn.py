"""One line of the market table, from a row to a strip."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from klagg_tui.market.columns import Look, state_sign
from klagg_tui.market.layout import LEAD, Placed
from klagg_tui.market.model import Row, is_stale_bar
from klagg_tui.market.role import ROLES, Role, RoleIndex

MARK = "★"
_FLASHES = {1: Role.GAIN_FLASH, -1: Role.LOSS_FLASH}
_OWN_GROUND = frozenset({Role.GAIN_FLASH, Role.LOSS_FLASH, *range(Role.HEAT, ROLES)})
"""Roles whose ground differs, so that a blank must not be drawn in them."""
_KEEPS_COLOUR = frozenset({Role.WARN, Role.MARK})


def row_strip(
    row: Row,
    placed: Sequence[Placed],
    look: Look,
    styles: Sequence[Style],
    width: int,
    *,
    cursor: bool,
    mark: bool,
    flash: int,
) -> Strip:
    """The row as a line of `width` cells."""
    bar = row.bars[look.period.ordinal]
    lead: list[tuple[str, RoleIndex]] = [("▌" if cursor else " ", Role.KEY), (MARK if mark else " ", Role.MARK)]
    if bar is None:
        pieces = [*lead, (f"  {row.symbol}", Role.FAINT), ("  no bar of this period yet", Role.FAINT)]
        return _strip(pieces, styles, width)
    pieces = [*lead, state_sign(bar, look), (" ", Role.TEXT)]
    is_stale = look.is_stale or is_stale_bar(bar, look.now_ms)
    for column, _, cells, gap in placed:
        pieces.append((" " * gap, Role.TEXT))
        if column.parts is not None:
            parts = column.parts(row, bar, look, cells)
            pieces += [(text, _faded(role)) for text, role in parts] if is_stale else parts
            continue
        text, role = column.draw(row, bar, look, cells)
        if flash and column.key == "last":
            role = _FLASHES[flash]
        pieces.append((fitted(text, cells, is_left=column.is_left), _faded(role) if is_stale else role))
    return _strip(pieces, styles, width)


def _faded(role: RoleIndex) -> RoleIndex:
    return role if role in _KEEPS_COLOUR else Role.FAINT


def fitted(text: str, cells: int, *, is_left: bool) -> str:
    """The text as exactly `cells` cells; a longer one ends in an ellipsis, so that a number is never cut unseen."""
    length = len(text) if text.isascii() else cell_len(text)
    if length == cells:
        return text
    if length > cells:
        return f"{set_cell_size(text, cells - 1)}…" if cells else ""
    return text + " " * (cells - length) if is_left else " " * (cells - length) + text


def _strip(pieces: Sequence[tuple[str, RoleIndex]], styles: Sequence[Style], width: int) -> Strip:
    segments = []
    text, last = "", int(Role.TEXT)
    for piece, role in pieces:
        if not piece:
            continue
        # Neighbours of one style are one segment: each costs the terminal driver a style of its own.
        if role == last or (piece.isspace() and last not in _OWN_GROUND):
            text += piece
            continue
        if text:
            segments.append(Segment(text, styles[last]))
        text, last = piece, role
    segments.append(Segment(text, styles[last]))
    return Strip(segments).adjust_cell_length(width, styles[Role.TEXT])


def head_pieces(placed: Sequence[Placed], sort_key: str, *, descending: bool) -> list[tuple[str, Role, str]]:
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
        pieces.append(
            (fitted(title, cells + lent, is_left=column.is_left), Role.TITLE if chosen else Role.DIM, column.key)
        )
    return pieces
