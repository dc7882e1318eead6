"""Which column to sort by."""

from __future__ import annotations

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.dialogs.menu import Choice, Menu, lettered
from klagg_tui.view.columns.computed import offered


def sort_menu(state: AppState) -> Menu:
    """The columns on view, then the others, own names and figures; returns the key of the chosen one."""
    columns = state.columns()
    keys = {column.key for column in columns}
    usual = offered(state.find_column, ())
    # The same ones whatever the table shows: fingers remember them.
    letters = {one.value: one.letter for one in lettered([Choice(column.key, column.title) for column in usual])}
    others = [column for column in offered(state.find_column, state.preferences.names) if column.key not in keys]
    lines = [
        Choice(column.key, column.title, column.note, letters.get(column.key, "")) for column in (*columns, *others)
    ]
    return Menu("Sort by", lines, "The same column again turns round.", state.sorting.key)
