"""Toasts of alerts: a bell and a note, in one toast a while, so that a busy alert does not cover the market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import App

from klagg_tui.screens.app_state import BEATS_A_SECOND
from klagg_tui.texts import printable
from klagg_tui.view.alerts import Firing
from klagg_tui.view.alerts.wording import sentence

_MAX_LINES: Final = 3
_BEATS_BETWEEN: Final = round(App.NOTIFICATION_TIMEOUT * BEATS_A_SECOND)
"""As long as one stays: three of them cover a small terminal."""


class AlertToasts:
    """Gathers what fired until the toast before is gone."""

    def __init__(self, app: App[bool]) -> None:
        self._app = app
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
        self._app.bell()
