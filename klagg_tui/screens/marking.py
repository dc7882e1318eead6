"""Marks for the wall of charts, as keys of a screen give and take them."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from klagg_tui import formatting
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.split import SplitScreen
from klagg_tui.view import watchlists
from klagg_tui.view.marking import marked_rows, toggled, without
from klagg_tui.view.model import Row


def toggle_mark(state: AppState, row: Row) -> None:
    """Mark a symbol, or take its mark away."""
    state.choose(marks=toggled(state.preferences.marks, row))


def remove_marks(state: AppState, notify: Callable[[str], None]) -> None:
    """Take away every mark of this market, and tell how many there were."""
    marked = marked_rows(state.shown_market.rows, state.preferences.marks)
    state.choose(marks=without(state.preferences.marks, marked))
    notify(f"{formatting.counted(len(marked), 'mark')} taken away." if marked else "Nothing is marked.")


def symbols_marked(state: AppState) -> tuple[str, ...]:
    """The marked symbols of this market, in the order in which they were."""
    return tuple(row.symbol for row in marked_rows(state.shown_market.rows, state.preferences.marks))


def symbols_listed(state: AppState, name: str) -> tuple[str, ...]:
    """The symbols of a watchlist that are in this market, in its order."""
    listed = watchlists.symbols_of(state.preferences.watchlists, name)
    return tuple(row.symbol for row in watchlists.listed_rows(state.shown_market.rows.values(), listed))


class MarkingScreen(SplitScreen):
    """A table whose symbols can be marked."""

    class WallOpened(Message):
        """The wall of charts is to be shown."""

    def show_marks(self) -> None:
        """Bring the signs before the symbols up to date."""
        listed = frozenset(symbols_listed(self.state, self.state.preferences.list_for_marks))
        marked = frozenset(symbols_marked(self.state))
        if (listed, marked) != (self.table.marked, self.table.on_wall):
            self.table.marked, self.table.on_wall = listed, marked
            self.table.refresh()

    def action_wall_mark(self) -> None:
        """Mark the symbol for the wall, or take its mark away; on to the next."""
        if (row := self.table.current) is not None:
            toggle_mark(self.state, row)
            self.show_marks()
            self.table.action_step(1)

    def action_unmark(self) -> None:
        """Take every mark away."""
        remove_marks(self.state, self._tell)
        self.show_marks()

    def action_wall(self) -> None:
        """Show the wall."""
        self.post_message(self.WallOpened())

    def _tell(self, text: str) -> None:
        self.notify(text, timeout=3)
