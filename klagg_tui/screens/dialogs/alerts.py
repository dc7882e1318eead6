"""Alerts: which are watched, how each stands, and what fired when."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from klagg_tui import formatting
from klagg_tui.errors import BadTime, FilterError
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.view import filter as filters
from klagg_tui.view.alerts import Alert, Firing, State
from klagg_tui.view.alerts.wording import FORMS, repeat_text, sentence, with_repeat


class AlertsScreen(ModalScreen[None]):
    """A list of alerts to add to and delete from, above the list of those that fired."""

    HELP_TITLE = "Alerts"

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
        Binding("m,o", "repeat", "How often it fires; one that has ended begins anew"),
        Binding("r", "rename", "Name it"),
        Binding("d,delete", "delete", "Delete the alert"),
        Binding("u", "restore", "Bring back the alert that was deleted last"),
        Binding("question_mark", "app.help", "Help", show=False),
        Binding("j", "cursor('down')", show=False),
        Binding("k", "cursor('up')", show=False),
    ]

    def __init__(self, state: AppState, suggestion: str) -> None:
        super().__init__()
        self.state = state
        self._suggestion = suggestion
        self._listed: list[Content] | None = None
        self._deleted: Alert | None = None
        """The one that was deleted last, while the list is open."""

    def compose(self) -> ComposeResult:
        """Watched, fired, keys."""
        with Vertical() as box:
            box.border_title = "Alerts"
            yield Static(_KEYS, classes="note", id="keys", markup=False)
            yield OptionList()
            yield Static("Fired", classes="title")
            yield Static("", id="fired", markup=False)

    def on_mount(self) -> None:
        """Show what there is."""
        self.refresh_lists()

    def refresh_lists(self) -> None:
        """Show the lists as they are; the cursor stays where it is."""
        lines = [self._line(alert) for alert in self.state.alerts.all]
        if self._listed is None or len(lines) != len(self._listed):
            self._list(lines)
        elif lines != self._listed:
            options = self.query_one(OptionList)
            for at, line in enumerate(lines):
                options.replace_option_prompt_at_index(at, line)
        self._listed = lines
        fired = [self._fired_line(one) for one in reversed(self.state.fired)]
        self.query_one("#fired", Static).update("\n".join(fired) or "nothing yet")

    def _line(self, alert: Alert) -> Content:
        """How it stands, how often it fired and may, and what it is."""
        standing = self.state.alerts.state_of(alert.text, self.state.status.exchange_now_ms)
        often = repeat_text(alert, local=self.state.preferences.local_time)
        what = f"{alert.name}: {alert.text}" if alert.name else alert.text
        error = self.state.alerts.errors.get(alert.text)
        count = f"{alert.count}×" if alert.count else ""
        line = f"{_SIGNS[standing]} {standing.value:<11} {count:>5}  {often:<18} {what}"
        return Content(f"{line}  {error}" if error else line)

    def _fired_line(self, one: Firing) -> str:
        at = formatting.clock(one.at_ms, local=self.state.preferences.local_time)
        line = f"{at}  {sentence(one)}"
        return f"{line}\n          {one.trouble}" if one.trouble else line

    def _list(self, lines: list[Content]) -> None:
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        options.clear_options()
        options.add_options(
            lines or [Content.from_markup("[$text-muted]none yet: a adds one, say last>70000 or chg(5m)<-3[/]")]
        )
        options.highlighted = min(at, max(0, len(lines) - 1))
        options.focus()

    @property
    def _current(self) -> Alert | None:
        at, alerts = self.query_one(OptionList).highlighted, self.state.alerts.all
        return alerts[at] if at is not None and at < len(alerts) else None

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
            now_ms = self.state.status.exchange_now_ms
            self._put(Alert(text, str(self.state.period), made_ms=now_ms))

    def _put(self, alert: Alert) -> None:
        self.state.put_alert(alert)
        self.refresh_lists()

    def action_repeat(self) -> None:
        """Ask how often it fires."""
        alert = self._current
        if alert is None:
            return
        now_ms, local = self.state.status.exchange_now_ms, self.state.preferences.local_time

        def changed(text: str) -> Alert:
            return with_repeat(alert, text, now_ms, local=local)

        def error(text: str) -> str | None:
            try:
                changed(text)
            except BadTime as bad:
                return str(bad)
            return None

        def take(text: str | None) -> None:
            if text is not None:
                self._put(changed(text))

        _ = self.app.push_screen(Ask("How often", f"{FORMS}.", repeat_text(alert, local=local), error), take)

    def action_rename(self) -> None:
        """Ask for its name."""
        alert = self._current
        if alert is None:
            return

        def take(text: str | None) -> None:
            if text is not None:
                self._put(replace(alert, name=text.strip()))

        note = "What people are told first when it fires; an empty line takes the name away."
        _ = self.app.push_screen(Ask("Name of the alert", note, alert.name, _long_name, takes_nothing=True), take)

    def action_delete(self) -> None:
        """Watch it no longer."""
        if self._current is not None:
            self._deleted = self._current
            self.state.remove_alert(self._deleted.text)
            self.refresh_lists()
            self._note(f"Deleted {self._deleted.title} · u brings it back")

    def action_restore(self) -> None:
        """Watch the one that was deleted last again."""
        if self._deleted is not None:
            self._put(self._deleted)
            self._deleted = None
            self._note(_KEYS)

    def _note(self, text: str) -> None:
        self.query_one("#keys", Static).update(text)

    def _typing_error(self, text: str) -> str | None:
        """What no more typing can mend."""
        try:
            filters.read_partial(text, self.state.typed_scope)
        except FilterError as error:
            return str(error)
        return None

    def _error(self, text: str) -> str | None:
        try:
            self.state.read_alert(text)
        except FilterError as error:
            return str(error)
        return None


_KEYS = "a new alert · m how often · r name · d delete · esc close"
_SIGNS = {State.ARMED: "◇", State.FIRED: "◆", State.ENDED: "·", State.UNREAD: "!"}
_LONGEST_NAME = 60


def _long_name(text: str) -> str | None:
    return f"A name has {_LONGEST_NAME} letters at most." if len(text) > _LONGEST_NAME else None
