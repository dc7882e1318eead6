"""The line in which a filter is typed: it filters with each key, shows what it cannot read, and has a history."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from klagg_tui.errors import FilterError
from klagg_tui.screens.app_state import AppState
from klagg_tui.view import filter as filters
from klagg_tui.view.filter.completion import completed

HINTS = (
    "btc · ~fuzzy · /regex/ · !not · vol>1e6 chg(1d)<-2 · state:partial · @saved · enter keeps · ctrl+s saves · esc clears",
    "btc  ~like  /regex/  !not  vol>1e6  state:partial  @saved  ctrl+s saves",
    "btc  ~like  /regex/  !not  vol>1e6  ctrl+s saves",
)
"""From long to short: the first one that fits is shown."""


HINTS_OF_SEVERAL = (
    "btc · venue:okx* base:btc,eth quote:usd* · !not · vol>1e6 chg(1d)<-2 · @saved · → completes · ctrl+s saves · esc clears",
    "btc  venue:okx*  base:btc  quote:usd*  !not  vol>1e6  ctrl+s saves",
    "btc  venue:okx*  base:btc  !not  vol>1e6  ctrl+s saves",
)
"""The same where several exchanges are watched."""


class _Completion(Suggester):
    """Offers the rest of an exchange, coin or quote that is being typed."""

    def __init__(self, state: AppState) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._state = state

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line; None where nothing is to be offered."""
        return completed(value, self._state.live.rows.values())


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

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, state: AppState) -> None:
        super().__init__(id="prompt")
        self.state = state
        self._at: int | None = None
        """Where in the history, counted from its end."""

    def compose(self) -> ComposeResult:
        """The line, and a note under it."""
        yield Input(placeholder="filter", id="filter", select_on_focus=False, suggester=_Completion(self.state))
        yield Static("", markup=False)

    def open(self, text: str) -> None:
        """Begin with the filter that holds."""
        self._at = None
        self._show_note(self._hint(), error=False)
        self.add_class("open")
        line = self.query_one(Input)
        line.value = text
        line.selection = Selection(0, len(text))  # typing replaces it, an arrow goes on from there
        line.focus()

    @property
    def is_open(self) -> bool:
        """Whether it is on view."""
        return self.has_class("open")

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter with what can be read; otherwise the last good filter stays."""
        message.stop()
        if not self.is_open:
            return
        if not message.value.isprintable():  # pasted: a tab would push the rest of the line aside
            message.input.value = "".join(sign if sign.isprintable() else " " for sign in message.value)
            return
        try:
            understood = self.state.read_filter(message.value)
        except FilterError as unreadable:
            self._show_note(str(unreadable), error=True)
        else:
            self._show_note(self._hint(), error=False)
            self.post_message(self.Filtered(understood))

    def _hint(self) -> str:
        hints = HINTS_OF_SEVERAL if self.state.venues else HINTS
        return next((hint for hint in hints if len(hint) <= self.app.size.width - 2), hints[-1])

    def _show_note(self, text: str, *, error: bool) -> None:
        self.set_class(error, "error")
        self.query_one(Static).update(text)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Keep the filter and go back to the table."""
        message.stop()
        if not self.has_class("error"):
            used = self.state.preferences.with_filter_used(message.value.strip())
            self.state.choose(filter_history=used.filter_history)
            self._close()

    def action_clear(self) -> None:
        """No filter."""
        self.post_message(self.Filtered(filters.read("")))
        self._close()

    def _close(self) -> None:
        self._show_note("", error=False)
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
        """Ask for a name."""
        text = self.query_one(Input).value.strip()
        if text and not self.has_class("error"):
            self.post_message(self.SaveRequested(text))
