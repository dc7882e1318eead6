"""Toasts of alerts: a bell and a note, in one toast a while, so that a busy alert does not cover the market.

The terminal is told with each of them too: it may show a notification where nobody looks at klagg.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from textual.app import App

from klagg_tui.screens.app_state import BEATS_A_SECOND
from klagg_tui.texts import printable
from klagg_tui.view.alerts import Firing
from klagg_tui.view.alerts.terminals import NONE, sequence
from klagg_tui.view.alerts.wording import sentence

_MAX_LINES: Final = 3
_BEATS_BETWEEN: Final = round(App.NOTIFICATION_TIMEOUT * BEATS_A_SECOND)
"""As long as one stays: three of them cover a small terminal."""


class TerminalSigns(NamedTuple):
    """What the terminal is told of an alert."""

    bell: bool = True
    form: str = NONE
    """Of a notification: see `view.alerts.terminals`."""


class AlertToasts:
    """Gathers what fired until the toast before is gone."""

    def __init__(self, app: App[bool], signs: TerminalSigns) -> None:
        self._app = app
        self._signs = signs
        self._waiting: list[Firing] = []
        self._beats_left = 0

    def beat(self, fired: Sequence[Firing]) -> None:
        """These fired since the last beat."""
        self._waiting += fired
        self._beats_left -= 1
        if self._waiting and self._beats_left <= 0:
            self._show(self._waiting)
            self._waiting, self._beats_left = [], _BEATS_BETWEEN

    def _show(self, fired: Sequence[Firing]) -> None:
        lines = [sentence(one) for one in fired[-_MAX_LINES:]]
        if len(fired) > len(lines):
            lines.append(f"… and {len(fired) - len(lines)} more: see Alerts")
        self._app.notify("\n".join(map(printable, lines)), title="▲ Alert", severity="warning", markup=False)
        if self._signs.bell:
            self._app.bell()
        self._tell_terminal(sequence(self._signs.form, "klagg alert", " · ".join(lines)))

    def _tell_terminal(self, written: str) -> None:
        """Between two frames, as all that is drawn; never into a file or a pipe."""
        driver = self._app._driver  # noqa: SLF001 - Textual has no other way to write a sequence of one's own
        if written and driver is not None and not self._app.is_headless and is_terminal():
            driver.write(written)


def is_terminal() -> bool:
    """Whether what is written is seen by a terminal: a browser's screen goes through a pipe."""
    return all(file is not None and file.isatty() for file in (sys.__stdout__, sys.__stderr__))
