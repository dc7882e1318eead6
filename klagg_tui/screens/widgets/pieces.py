"""Several lines of pieces, drawn by hand."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line_widget import LineWidget
from klagg_tui.view.role import Piece, Role


class Pieces(LineWidget):
    """Lines from the top; what does not fit is not shown."""

    def __init__(self, state: AppState, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.state = state
        self._lines: list[tuple[Piece, ...]] = []

    def show(self, lines: Sequence[Sequence[Piece]]) -> None:
        """Show these from now on; redraws only where something differs."""
        shown = [tuple(line) for line in lines]
        if shown != self._lines:
            self._lines = shown
            self.refresh()

    @property
    def text(self) -> str:
        """What can be read on it."""
        return "\n".join("".join(piece.text for piece in line) for line in self._lines)

    def render_line(self, y: int) -> Strip:
        """One line."""
        styles = self.state.palette.plain
        line = self._lines[y] if y < len(self._lines) else ()
        width = self.size.width
        strip = Strip([Segment(text, styles[role]) for text, role in line])
        if strip.cell_length > width and cell_len(strip.text.rstrip()) > width:
            strip = Strip([*strip.crop(0, width - 1), Segment("…", styles[Role.DIM])])
        return strip.adjust_cell_length(width, styles[Role.TEXT])
