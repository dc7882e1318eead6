"""A question with one line for the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

_NOTHING: Final = "Nothing is typed yet; esc closes."


class Ask(ModalScreen[str | None]):
    """Gives the answer, None when left by Esc; an answer that `error` finds something wrong with is not taken.

    What `typing_error` finds wrong is said at once, with each key; it is `error` itself where nothing is given. An empty
    line is no answer, which is said, unless `takes_nothing`.
    """

    DEFAULT_CSS = """
    Ask { align: center middle; background: $background 50%; }
    Ask > Vertical {
        width: 70; max-width: 90%; height: auto; background: $panel;
        border: round $primary 60%; border-title-color: $primary; padding: 0 1;
    }
    Ask Input { border: none; height: 1; background: $surface; padding: 0 1; }
    Ask Input:focus { border: none; }
    Ask Static { color: $text-muted; }
    Ask #error { color: $error; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(
        self,
        title: str,
        note: str,
        answer: str,
        error: Callable[[str], str | None],
        typing_error: Callable[[str], str | None] | None = None,
        *,
        takes_nothing: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._note = note
        self._answer = answer
        self._error = error
        self._typing_error = typing_error or error
        self._takes_nothing = takes_nothing

    def compose(self) -> ComposeResult:
        """Title, a note, the line, what is wrong with it."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Static(self._note, markup=False)
            yield Input(self._answer)
            yield Static("", id="error", markup=False)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Say at once what is wrong."""
        text = message.value.strip()
        self._tell(self._typing_error(text) if text else None)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take the answer where nothing is wrong with it."""
        text = message.value.strip()
        wrong = self._error(text) if text or self._takes_nothing else _NOTHING
        self._tell(wrong)
        if wrong is None:
            _ = self.dismiss(text)

    def _tell(self, wrong: str | None) -> None:
        self.query_one("#error", Static).update(wrong or "")
