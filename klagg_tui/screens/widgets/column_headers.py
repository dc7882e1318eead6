"""The header of the market table: a click on a column sorts by it."""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui.screens.widgets.line import Clickable, Line
from klagg_tui.screens.widgets.row_renderer import header_pieces
from klagg_tui.view.layout import Placed
from klagg_tui.view.role import Piece
from klagg_tui.view.sorting import Sort


class ColumnHeaders(Line):
    """Titles over the columns."""

    def show_headers(self, placed: Sequence[Placed], sort: Sort, sorted_by: str | None) -> None:
        """Show the titles, an arrow beside the one that is sorted by; None: it is not on view."""
        self.show(
            [
                Clickable(text, role, f"screen.sort_by({key!r})") if key else Piece(text, role)
                for text, role, key in header_pieces(placed, sorted_by or "", descending=sort.descending)
            ]
        )
