"""Saved filters: which one to use or delete, and by which name to save one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.screens.dialogs.menu import Choice, Menu
from klagg_tui.view.names import name_error

_DELETE: Final = "\0delete"


class SavedFiltersDialog:
    """Asks over a screen; `changed` is called when another filter is used."""

    def __init__(self, screen: KlaggScreen, changed: Callable[[], None]) -> None:
        self._screen = screen
        self._state = screen.state
        self._changed = changed

    def open(self) -> None:
        """Ask which one to use; the one in use can be deleted."""
        saved = self._state.preferences.saved_filters
        if not saved:
            self._screen.notify("None is saved yet: type a filter, then ctrl+s.", title="Saved filters")
            return
        current = self._state.filter.text
        lines = [Choice(f"@{name}", f"@{name}", text) for name, text in saved]
        if current in {line.value for line in lines}:
            lines.append(Choice(_DELETE, f"Delete {current}", letter="d"))
        self._screen.ask(Menu("Saved filters", lines, current=current), self._chosen)

    def _chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        current, saved = self._state.filter.text, self._state.preferences.saved_filters
        if chosen == _DELETE:
            self._state.choose(saved_filters=tuple(pair for pair in saved if f"@{pair[0]}" != current))
        self._state.use_filter("" if chosen == _DELETE else chosen)
        self._changed()

    def save(self, text: str) -> None:
        """Ask for a name and save the filter by it."""

        def named(name: str | None) -> None:
            if name:
                saved = {**dict(self._state.preferences.saved_filters), name: text}
                self._state.choose(saved_filters=tuple(saved.items()))
                self._screen.notify(f"Saved as @{name}")

        note = f"{text}\nIts name, to be used as @name:"
        self._screen.ask(Ask("Save the filter", note, "", name_error), named)
