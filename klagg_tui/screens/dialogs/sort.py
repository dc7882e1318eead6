"""Which column to sort by."""

from __future__ import annotations

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.dialogs.menu import Choice, Menu
from klagg_tui.view.columns.registry import COLUMNS
from klagg_tui.view.sorting import Sort, column_of


def sort_menu(state: AppState) -> Menu:
    """The columns on view, then the others; returns the key of the chosen one."""
    chosen = state.preferences
    columns = state.columns()
    keys = [column.key for column in columns]
    hidden = [column for column in COLUMNS if column_of(Sort(column.key), keys, state.period) is None]
    own = [column for name, _ in chosen.names if name not in keys and (column := state.find_column(name))]
    lines = [Choice(column.key, column.title, column.note) for column in (*columns, *hidden, *own)]
    current = column_of(chosen.sorting, keys, state.period) or chosen.sort
    return Menu("Sort by", lines, "The same column again turns round.", current)
