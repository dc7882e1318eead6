"""One line of pieces, drawn by hand: header, tabs, footer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.palette import Palette
from klagg_tui.screens.widgets.line_widget import LineWidget
from klagg_tui.view.role import Piece, Role


class Clickable(Piece):
    """A piece that can be clicked: the action runs."""

    action: str

    def __new__(cls, text: str, role: int, action: str) -> Self:
        """A piece with an action of the app or screen."""
        piece = super().__new__(cls, text, role)
        piece.action = action
        return piece


class ActiveTab(Clickable):
    """The tab that is chosen: drawn on a brighter background."""


class Line(LineWidget):
    """Pieces from the left and pieces to the right; where both do not fit, the left ones are cut."""

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; }
    """

    class Clicked(Message):
        """A piece with an action was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, state: AppState, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.state = state
        self._left: tuple[Piece, ...] = ()
        self._right: tuple[Piece, ...] = ()

    def show(self, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        """Show these from now on; redraws only where something differs."""
        if (tuple(left), tuple(right)) != (self._left, self._right):
            self._left, self._right = tuple(left), tuple(right)
            self.refresh()

    @property
    def text(self) -> str:
        """What can be read on it."""
        return self.render_line(0).text

    def render_line(self, y: int) -> Strip:
        """The line; there is but one."""
        del y
        styles = self.state.palette
        width = self.size.width
        strip = Strip([Segment(piece.text, _style(piece, styles)) for piece in self._left])
        right = Strip([Segment(piece.text, _style(piece, styles)) for piece in self._right])
        room = width - right.cell_length
        if room < 0:
            return right.crop(right.cell_length - width)
        if strip.cell_length > room:
            strip = Strip([*strip.crop(0, room - 1), Segment("…", styles.head[Role.DIM])])
        return Strip.join([strip.adjust_cell_length(room, styles.head[Role.TEXT]), right])

    def on_click(self, event: events.Click) -> None:
        """Find the piece under the pointer."""
        x = event.x
        start = 0
        right_start = self.size.width - sum(cell_len(piece.text) for piece in self._right)
        for begin, pieces in ((start, self._left), (right_start, self._right)):
            at = begin
            for piece in pieces:
                end = at + cell_len(piece.text)
                if at <= x < end and isinstance(piece, Clickable) and piece.action:
                    self.post_message(self.Clicked(piece.action))
                    return
                at = end


def _style(piece: Piece, styles: Palette) -> Style:
    return (styles.active if isinstance(piece, ActiveTab) else styles.head)[piece.role]
