"""Saved filters and own names: which one to use or delete, and by which name to save one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from klagg_tui.errors import FilterError
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.screens.dialogs.menu import Choice, Menu
from klagg_tui.view import filter as filters
from klagg_tui.view.names import name_error

_DELETE: Final = "\0delete"
_USE: Final = "\0use"
_KEEP: Final = "\0keep"
_REPLACE: Final = "\0replace"
_RESTORE: Final = "\0restore"
_HOW: Final = "To save one: type a filter or a number, then ctrl+s."


class SavedFiltersDialog:
    """Asks over a screen; `changed` is called when another filter is used, `typed` to go on with a text."""

    def __init__(self, screen: KlaggScreen, changed: Callable[[], None], typed: Callable[[str], None]) -> None:
        self._screen = screen
        self._state = screen.state
        self._changed = changed
        self._typed = typed
        self._deleted: tuple[str, str, str] | None = None
        """What was deleted last: the field of the preferences, its name, its text."""

    def open(self) -> None:
        """Ask which one to use, of those that were saved, the ready ones and the own names; the one in use can be deleted."""
        chosen = self._state.preferences
        saved = dict(chosen.saved_filters)
        ready = {name: text for name, text in filters.PRESETS.items() if name not in saved}
        current = self._state.filter.text
        lines = [Choice(f"@{name}", f"@{name}", text) for name, text in {**saved, **ready}.items()]
        lines += [Choice(name, name, f"= {text}") for name, text in chosen.names]
        if current in {f"@{name}" for name in saved}:
            lines.append(Choice(_DELETE, f"Delete {current}", letter="d"))
        if self._deleted is not None:
            lines.append(Choice(_RESTORE, f"Bring back {self._deleted[1]}", self._deleted[2], letter="z"))
        self._screen.ask(Menu("Saved filters", lines, _HOW, current), self._chosen)

    def _chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        current, preferences = self._state.filter.text, self._state.preferences
        if chosen == _DELETE:
            self._use("")
            self._delete("saved_filters", current.removeprefix("@"))
        elif chosen == _RESTORE and self._deleted is not None:
            where, name, text = self._deleted
            self._deleted = None
            self._keep(**{where: {**dict(getattr(preferences, where)), name: text}})
        elif chosen in dict(preferences.names):
            self._ask_of_name(chosen)
        else:
            self._use(chosen)

    def _use(self, text: str) -> None:
        try:
            self._state.use_filter(text)
        except FilterError as error:
            self._screen.notify(str(error), title=text, severity="error")
        self._changed()

    def _ask_of_name(self, name: str) -> None:
        """What to do with an own name."""
        text = dict(self._state.preferences.names)[name]
        lines = [Choice(_USE, "Use in a filter", letter="u"), Choice(_DELETE, "Delete", letter="d")]

        def decided(what: str | None) -> None:
            if what == _USE:
                self._typed(name)
            elif what == _DELETE:
                self._delete("names", name)

        self._screen.ask(Menu(name, lines, f"{name} is {text}"), decided)

    def _delete(self, where: str, name: str) -> None:
        kept: dict[str, str] = dict(getattr(self._state.preferences, where))
        self._deleted = (where, name, kept.pop(name))
        self._keep(**{where: kept})
        self._screen.notify(f"Deleted {name}; the list of saved filters brings it back.")

    def _keep(self, **kept: Mapping[str, str]) -> None:
        for sentence in self._state.use_kept(**{what: tuple(pairs.items()) for what, pairs in kept.items()}):
            self._screen.notify(sentence, severity="warning")
        self._changed()

    def save(self, text: str, *, is_number: bool) -> None:
        """Ask for a name and save the filter by it, or the number."""
        if is_number:
            self._save(
                text, "Save the number", "Its name, to be used in filters as NAME>…:", self._name_error(text), "names"
            )
        else:
            error = self._filter_error(text)
            self._save(text, "Save the filter", "Its name, to be used as @name:", error, "saved_filters")

    def _save(self, text: str, title: str, note: str, error: Callable[[str], str | None], where: str) -> None:
        def keep(name: str) -> None:
            self._keep(**{where: {**dict(getattr(self._state.preferences, where)), name: text}})
            self._screen.notify(f"Saved as {name}" if where == "names" else f"Saved as @{name}")

        def named(name: str | None) -> None:
            if name:
                name = name.lower() if where == "names" else name
                before = self._standing(name, where)
                if before is None or before == text:
                    keep(name)
                else:
                    self._ask_to_replace(name, before, lambda: keep(name))

        self._screen.ask(Ask(title, f"{text}\n{note}", "", error), named)

    def _standing(self, name: str, where: str) -> str | None:
        """What the name means until now; None where it means nothing."""
        kept: dict[str, str] = dict(getattr(self._state.preferences, where))
        return kept.get(name, filters.PRESETS.get(name) if where == "saved_filters" else None)

    def _ask_to_replace(self, name: str, before: str, replace: Callable[[], None]) -> None:
        """Replace what has the name only where somebody says so."""
        lines = [Choice(_KEEP, "Keep it as it is", letter="n"), Choice(_REPLACE, "Replace it", letter="y")]

        def decided(what: str | None) -> None:
            if what == _REPLACE:
                replace()

        self._screen.ask(Menu(f"There is a {name} already", lines, f"{name} is {before}"), decided)

    def _filter_error(self, text: str) -> Callable[[str], str | None]:
        def error(name: str) -> str | None:
            scope = self._state.scope
            try:
                filters.read(f"@{name}", replace(scope, saved={**scope.saved, name: text}))
            except FilterError as unreadable:
                return name_error(name) or str(unreadable)
            return name_error(name)

        return error

    def _name_error(self, text: str) -> Callable[[str], str | None]:
        def error(name: str) -> str | None:
            scope = self._state.scope
            problem = filters.name_problem(name, text, replace(scope, names={**scope.names, name.lower(): text}))
            return None if problem is None else str(problem)

        return error
