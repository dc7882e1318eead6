"""Presets of the export form: which one to use, and how to save, rename and delete one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.content import Content

from klagg_tui.feed import Mode
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.screens.dialogs.menu import Choice, Menu
from klagg_tui.view import exports
from klagg_tui.view.exports import ExportPreset
from klagg_tui.view.names import name_error

NO_PRESET: Final = ""
_SAVE: Final = "\0save"
_RENAME: Final = "\0rename"
_DELETE: Final = "\0delete"
_HOW: Final = "`klagg export --preset NAME` exports by them without the terminal."


class ExportPresets:
    """Asks over the form. `form` gives its choices by a name, `changed` is told the one that it has now, `fill` puts one in."""

    def __init__(
        self,
        screen: KlaggScreen,
        form: Callable[[str], ExportPreset],
        changed: Callable[[str], None],
        fill: Callable[[ExportPreset], None],
    ) -> None:
        self._screen = screen
        self._state = screen.state
        self._form = form
        self._changed = changed
        self._fill = fill
        self._current = NO_PRESET

    @property
    def _saved(self) -> tuple[ExportPreset, ...]:
        return self._state.preferences.export_presets

    def options(self) -> list[tuple[Content, str]]:
        """What can be chosen, in words, and the names."""
        presets = exports.known(self._saved).values()
        return [
            (Content("none: as below"), NO_PRESET),
            *((Content(f"{each.name}: {each.note}"), each.name) for each in presets),
        ]

    def open(self, current: str) -> None:
        """Ask which one to use, or what to do with them; `current` is the one that was chosen last."""
        self._current = current
        lines = [
            Choice(each.name, each.name, each.note, str(number) if number < 10 else "")
            for number, each in enumerate(exports.known(self._saved).values(), start=1)
        ]
        lines.append(Choice(_SAVE, "Save the form as …", letter="s"))
        if any(each.name == current for each in self._saved):
            lines += [
                Choice(_RENAME, f"Rename {current} …", letter="r"),
                Choice(_DELETE, f"Delete {current}", letter="d"),
            ]
        how = (
            _HOW if self._state.status.mode in (Mode.LIVE, Mode.CONNECTING, Mode.OFFLINE) else ""
        )  # others have files of their own
        self._screen.ask(Menu("Export presets", lines, how, current), self._chosen)

    def _chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        if chosen == _SAVE:
            note = "Its name; one of that name is replaced:"
            self._screen.ask(Ask("Save the preset", note, self._current, name_error), self._save)
        elif chosen == _RENAME:
            self._screen.ask(Ask(f"Rename {self._current}", "Its new name:", self._current, self._taken), self._rename)
        elif chosen == _DELETE:
            self._keep(exports.removed(self._saved, self._current), NO_PRESET)
        else:
            self._changed(chosen)
            self._fill(exports.known(self._saved)[chosen])

    def _save(self, name: str | None) -> None:
        if name:
            self._keep(exports.put(self._saved, self._form(name)), name)
            self._screen.notify(f"Saved as {name}")

    def _rename(self, name: str | None) -> None:
        if name:
            self._keep(exports.renamed(self._saved, self._current, name), name)

    def _taken(self, name: str) -> str | None:
        if name != self._current and any(each.name == name for each in self._saved):
            return f"There is a preset {name} already."
        return name_error(name)

    def _keep(self, presets: tuple[ExportPreset, ...], chosen: str) -> None:
        self._state.choose(export_presets=presets)
        self._changed(chosen)
