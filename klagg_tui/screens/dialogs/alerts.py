"""Alerts: which are watched, and what fired when."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from klagg_tui import formatting
from klagg_tui.errors import FilterError
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.view import filter as filters


class AlertsScreen(ModalScreen[None]):
    """A list of alerts to add to and delete from, above the list of those that fired."""

    DEFAULT_CSS = """
    AlertsScreen { align: center middle; background: $background 50%; }
    AlertsScreen > Vertical {
        width: 90; max-width: 94%; height: 80%; background: $panel;
        border: round $primary 60%; border-title-color: $primary; padding: 0 1;
    }
    AlertsScreen OptionList { background: transparent; border: none; height: auto; max-height: 45%; padding: 0; }
    AlertsScreen OptionList:focus { border: none; background-tint: transparent; }
    AlertsScreen .title { color: $primary; text-style: bold; margin-top: 1; }
    AlertsScreen .note { color: $text-muted; }
    AlertsScreen #fired { height: 1fr; overflow-y: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close"),
        Binding("a,n,plus", "add", "New alert"),
        Binding("d,delete", "delete", "Delete the alert"),
        Binding("j", "cursor('down')", show=False),
        Binding("k", "cursor('up')", show=False),
    ]

    def __init__(self, state: AppState, suggestion: str) -> None:
        super().__init__()
        self.state = state
        self._suggestion = suggestion
        self._listed: tuple[str, ...] | None = None

    def compose(self) -> ComposeResult:
        """Watched, fired, keys."""
        with Vertical() as box:
            box.border_title = "Alerts"
            yield Static("a new alert · d delete · esc close", classes="note")
            yield OptionList()
            yield Static("Fired", classes="title")
            yield Static("", id="fired", markup=False)

    def on_mount(self) -> None:
        """Show what there is."""
        self.refresh_lists()

    def refresh_lists(self) -> None:
        """Show the lists as they are."""
        if self._listed != self.state.preferences.alerts:  # else the cursor stays where it is
            self._list(self.state.preferences.alerts)
        local = self.state.preferences.local_time
        fired = [
            f"{formatting.clock(one.at_ms, local=local)}  {one.symbol:<14} {one.text}  at {self.state.price_of(one)}"
            for one in reversed(self.state.fired)
        ]
        self.query_one("#fired", Static).update("\n".join(fired) or "nothing yet")

    def _list(self, texts: tuple[str, ...]) -> None:
        self._listed = texts
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            [Content(text) for text in texts] or ["[$text-muted]none yet: a adds one, say last>70000 or chg(5m)<-3[/]"]
        )
        options.highlighted = 0
        options.focus()

    def action_cursor(self, way: str) -> None:
        """As the arrows do."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if way == "down" else options.action_cursor_up()

    def action_add(self) -> None:
        """Ask for a filter to be watched."""
        note = "A filter as in the table; it fires for each symbol for which it comes true."
        _ = self.app.push_screen(Ask("New alert", note, self._suggestion, self._error, self._typing_error), self._watch)

    def _watch(self, text: str | None) -> None:
        if text:
            self.state.use_alerts((*(old for old in self.state.preferences.alerts if old != text), text))
            self.refresh_lists()

    def action_delete(self) -> None:
        """Watch it no longer."""
        at = self.query_one(OptionList).highlighted
        alerts = self.state.preferences.alerts
        if at is not None and at < len(alerts):
            self.state.use_alerts(alerts[:at] + alerts[at + 1 :])
            self.refresh_lists()

    def _typing_error(self, text: str) -> str | None:
        """What no more typing can mend."""
        try:
            filters.read_partial(text, self.state.typed_scope)
        except FilterError as error:
            return str(error)
        return None

    def _error(self, text: str) -> str | None:
        try:
            self.state.read_filter(text)
        except FilterError as error:
            return str(error)
        return None
