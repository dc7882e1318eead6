"""The line in which a filter is typed: it filters with each key, and has a history.

What is not finished yet leaves the rows as they are; why it cannot be read is said after a pause, or at once where no more typing
can mend it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from klagg_tui.errors import FilterError
from klagg_tui.screens.app_state import AppState
from klagg_tui.view import filter as filters
from klagg_tui.view.filter.completion import completed

HINTS = (
    "btc · ~fuzzy · !not · rvol(5m)>3 and chg(1h)<-2 · state:partial · @saved · → completes · ctrl+s saves · esc clears",
    "btc  ~fuzzy  !not  rvol(5m)>3  state:partial  @saved  ctrl+s saves",
    "btc  ~fuzzy  !not  rvol(5m)>3  ctrl+s saves",
)
"""From long to short: the first one that fits is shown."""


HINTS_OF_SEVERAL = (
    "btc · venue:okx* base:btc,eth · !not · rvol(5m)>3 chg(1h)<-2 · @saved · → completes · ctrl+s saves · esc clears",
    "btc  venue:okx*  base:btc  quote:usd*  rvol(5m)>3  ctrl+s saves",
    "btc  venue:okx*  base:btc  rvol(5m)>3  ctrl+s saves",
)
"""The same where several exchanges are watched."""


PAUSE_S: Final = 1.0
"""So long nobody types until it is said why what is typed cannot be read yet."""


class _Completion(Suggester):
    """Offers the rest of what is being typed."""

    def __init__(self, state: AppState) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._state = state

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line; None where nothing is to be offered."""
        return completed(value, self._state.live.rows.values(), self._state.scope)


class FilterPrompt(Vertical):
    """Hidden until it is opened."""

    DEFAULT_CSS = """
    FilterPrompt { height: auto; display: none; background: $panel; }
    FilterPrompt.open { display: block; }
    FilterPrompt Input { border: none; height: 1; padding: 0 1; background: $surface; }
    FilterPrompt Input:focus { border: none; }
    FilterPrompt Static { height: auto; max-height: 3; padding: 0 1; color: $text-muted; }
    FilterPrompt.error Static { color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear the filter", show=False),
        Binding("up", "history(-1)", "Earlier filter", show=False),
        Binding("down", "history(1)", "Later filter", show=False),
        Binding("ctrl+s", "save", "Save the filter by name", show=False),
    ]

    class Filtered(Message):
        """Another filter holds."""

        def __init__(self, filter: filters.Filter) -> None:  # noqa: A002  # that is what it is
            super().__init__()
            self.filter = filter

    class Left(Message):
        """The prompt was closed; the filter that holds is kept."""

    class SaveRequested(Message):
        """The filter is to be saved by a name."""

        def __init__(self, text: str, *, is_number: bool) -> None:
            super().__init__()
            self.text = text
            self.is_number = is_number
            """It is a number, so that the name will stand for a number."""

    def __init__(self, state: AppState) -> None:
        super().__init__(id="prompt")
        self.state = state
        self._at: int | None = None
        """Where in the history, counted from its end."""
        self._count = ""
        self._has_reason = False
        """Whether it stands there why something cannot be read."""
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """The line, and a note under it."""
        yield Input(placeholder="filter", id="filter", select_on_focus=False, suggester=_Completion(self.state))
        yield Static("", markup=False)

    def open(self, text: str, *, is_begun: bool = False) -> None:
        """Begin with the filter that holds, or go on with one that `is_begun`."""
        self._at = None
        self._show_hint()
        self.add_class("open")
        line = self.query_one(Input)
        line.value = text
        line.selection = Selection(
            len(text) if is_begun else 0, len(text)
        )  # typing replaces it, an arrow goes on from there
        line.focus()

    @property
    def is_open(self) -> bool:
        """Whether it is on view."""
        return self.has_class("open")

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter with what can be read; otherwise the last good rows stay."""
        message.stop()
        if not self.is_open:
            return
        if not message.value.isprintable():  # pasted: a tab would push the rest of the line aside
            message.input.value = "".join(sign if sign.isprintable() else " " for sign in message.value)
            return
        self._stop_waiting()
        try:
            read = filters.read_partial(message.value, self.state.typed_scope)
        except FilterError as unreadable:
            self._show_error(str(unreadable))
            return
        self._show_hint()
        if isinstance(read, filters.Complete):
            self.post_message(self.Filtered(read.filter))
        else:
            self._pause = self.set_timer(PAUSE_S, lambda: self._show_reason(read))

    def show_count(self, shown: int, of: int, not_known: int = 0) -> None:
        """So many rows match what is used of the filter, and of so many it is not known."""
        count = f"{shown:,} of {of:,} match{f', {not_known:,} not known' if not_known else ''}"
        if self.is_open and count != self._count:
            self._count = count
            if not self._has_reason:
                self._show_hint()

    def _show_hint(self) -> None:
        hints = HINTS_OF_SEVERAL if self.state.venues else HINTS
        room = self.app.size.width - 2
        told = [f"{self._count} · {hint}" if self._count else hint for hint in hints]
        self._show(next((line for line in told if len(line) <= room), told[-1]), error=False)

    def _show_error(self, text: str) -> None:
        self._show(text, error=True)

    def _show_reason(self, unfinished: filters.Unfinished) -> None:
        """Somebody paused: say what is missing."""
        self._show(unfinished.reason, error=unfinished.is_error)
        self._has_reason = True

    def _show(self, text: str, *, error: bool) -> None:
        self._has_reason = error
        self.set_class(error, "error")
        self.query_one(Static).update(text)

    def _stop_waiting(self) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Use the filter as it stands, keep it and go back to the table."""
        message.stop()
        try:
            understood = self.state.read_filter(message.value)
        except FilterError as unreadable:
            self._stop_waiting()
            self._show_error(str(unreadable))
            return
        self.post_message(self.Filtered(understood))
        used = self.state.preferences.with_filter_used(message.value.strip())
        self.state.choose(filter_history=used.filter_history)
        self._close()

    def action_clear(self) -> None:
        """No filter."""
        self.post_message(self.Filtered(filters.read("")))
        self._close()

    def _close(self) -> None:
        self._stop_waiting()
        self._count = ""
        self._show("", error=False)
        self.remove_class("open")
        self.screen.set_focus(None)  # at once: the next key is not for the hidden line
        self.post_message(self.Left())

    def action_history(self, step: int) -> None:
        """Filters used before."""
        history = self.state.preferences.filter_history
        at = (len(history) if self._at is None else self._at) + step
        if 0 <= at < len(history):
            self._at = at
            line = self.query_one(Input)
            line.value = history[at]
            line.cursor_position = len(history[at])

    def action_save(self) -> None:
        """Ask for a name, also for a number."""
        text = self.query_one(Input).value.strip()
        if not text:
            self._show_error("There is nothing to save yet: type a filter or a number, then ctrl+s.")
            return
        try:
            self.state.read_filter(text)
        except FilterError as unreadable:
            if self._is_number(text):
                self.post_message(self.SaveRequested(text, is_number=True))
            else:
                self._show_error(str(unreadable))
        else:
            self.post_message(self.SaveRequested(text, is_number=False))

    def _is_number(self, text: str) -> bool:
        try:
            filters.read_number(text, self.state.typed_scope)
        except FilterError:
            return False
        return True
