"""Which column to sort by."""

from __future__ import annotations

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.dialogs.menu import Choice, Menu
from klagg_tui.view.columns.computed import offered


def sort_menu(state: AppState) -> Menu:
    """The columns on view, then the others, own names and figures; returns the key of the chosen one."""
    columns = state.columns()
    keys = {column.key for column in columns}
    others = [column for column in offered(state.find_column, state.preferences.names) if column.key not in keys]
    lines = [Choice(column.key, column.title, column.note) for column in (*columns, *others)]
    return Menu("Sort by", lines, "The same column again turns round.", state.sorting.key)
