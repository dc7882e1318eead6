"""The table of one coin's markets, drawn by hand: a few rows, all drawn again with each beat."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line import Clickable, Line
from klagg_tui.screens.widgets.row_cursor import RowCursor
from klagg_tui.screens.widgets.row_renderer import fitted
from klagg_tui.view.coin import CoinColumn, CoinMarket, CoinSort, cells_of
from klagg_tui.view.role import Piece, Role, RoleIndex


class CoinTable(RowCursor):
    """One line a market."""

    DEFAULT_CSS = """
    CoinTable { height: 1fr; background: $background; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 0; }
    """

    def __init__(self, state: AppState) -> None:
        super().__init__(id="coin-table")
        self.state = state
        self._lines: list[list[tuple[str, RoleIndex]]] = []

    def show_markets(self, markets: Sequence[CoinMarket], columns: Sequence[CoinColumn]) -> None:
        """Draw these in this order; the cursor goes where its symbol went."""
        context = self.state.render_context
        lines = [
            [
                (_cell(text, column), role)
                for column, (text, role) in zip(columns, cells_of(one, context, columns), strict=True)
            ]
            for one in markets
        ]
        rows = [one.row for one in markets]
        if lines != self._lines or rows != self.rows:
            self._lines = lines
            self.show(rows)

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        index, width = y + self.scroll_offset.y, self.size.width
        if index >= len(self._lines):
            lines = () if self._lines else self.empty_lines()
            text = lines[y - 1] if 0 <= y - 1 < len(lines) else ""
            return Strip([Segment(fitted(text, width, is_left=True), self.state.palette.plain[Role.DIM])], width)
        has_cursor = index == self.index
        styles = self.state.palette.cursor if has_cursor else self.state.palette.plain
        edge = Segment("▌" if has_cursor else " ", styles[Role.KEY])
        strip = Strip([edge, *(Segment(text, styles[role]) for text, role in self._lines[index])])
        return strip.adjust_cell_length(width, styles[Role.TEXT])


class CoinHeaders(Line):
    """Titles over the columns; a click sorts by one."""

    def show_headers(self, columns: Sequence[CoinColumn], sort: CoinSort) -> None:
        """Show the titles, an arrow beside the one that is sorted by."""
        pieces: list[Piece] = [Piece(" ", Role.DIM)]
        for column in columns:
            chosen = column.key == sort.key
            sign = ("▼" if sort.descending else "▲") if chosen else ""
            title = f"{column.title}{sign}" if column.is_left else f"{sign}{column.title}"
            role = Role.TITLE if chosen else Role.DIM
            text = _cell(title, column)
            pieces.append(
                Clickable(text, role, f"screen.sort_by('{column.key}')") if column.title else Piece(text, role)
            )
        self.show(pieces)


def _cell(text: str, column: CoinColumn) -> str:
    """A text of numbers ends at the right edge of its column, any other begins a blank behind the left one."""
    if column.is_left:
        return f" {fitted(text, column.width - 1, is_left=True)}"
    return fitted(text, column.width, is_left=False)
