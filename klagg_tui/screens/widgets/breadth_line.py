"""The line below the market table: how the whole market does, whatever the filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line import Line
from klagg_tui.view.breadth import BREADTH_CALLS, breadth_of, breadth_pieces
from klagg_tui.view.columns.column import Column
from klagg_tui.view.detail import known_pieces
from klagg_tui.view.model import Row
from klagg_tui.view.role import Piece

FROM_HEIGHT: Final = 24
"""Lines of the terminal from which on there is one for this."""


class BreadthLine(Line):
    """Hidden, and nothing computed for it, where there is no room."""

    DEFAULT_CSS = """
    BreadthLine { display: none; }
    BreadthLine.shown { display: block; }
    """

    def __init__(self, state: AppState) -> None:
        super().__init__(state, id="breadth")
        self._whole: list[Piece] = []
        self._known: list[Piece] = []

    def fit(self, height: int) -> None:
        """The terminal has so many lines."""
        has_room = height >= FROM_HEIGHT
        self.set_class(has_room, "shown")
        self.state.breadth_calls = BREADTH_CALLS if has_room else frozenset()
        self.state.use_figures()
        self.show_market()

    def show_market(self) -> None:
        """Show how the market on view does, or the exchange on view."""
        if self.has_class("shown"):
            venue, rows = self.state.venue, self.state.shown_market.rows.values()
            minute = self.state.now_ms // MINUTE_MS
            self._whole = breadth_pieces(breadth_of((row for row in rows if not venue or row.venue == venue), minute))
            self._draw()

    def tell_known(self, row: Row | None, columns: Sequence[Column]) -> None:
        """How much is known of the figures of the row under the cursor, where there is room."""
        if self.has_class("shown"):
            self._known = [] if row is None else known_pieces(row, columns)
            self._draw()

    def _draw(self) -> None:
        cells = sum(cell_len(piece.text) for piece in (*self._whole, *self._known))
        self.show(self._whole, self._known if cells < self.size.width else ())
