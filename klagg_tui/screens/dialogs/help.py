"""Help, made from the bindings that hold, so that it is right also where keys were changed."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from klagg_tui.view import filter as filters
from klagg_tui.view.columns.registry import COLUMNS
from klagg_tui.view.screener.figure import FIGURES
from klagg_tui.view.signs import LEGEND


class HelpScreen(ModalScreen[None]):
    """Keys of the screen below, the language, its figures and columns."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 50%; }
    HelpScreen > Vertical {
        width: 96; max-width: 96%; height: 92%; background: $panel;
        border: round $primary 60%; border-title-color: $primary; padding: 0 2;
    }
    HelpScreen VerticalScroll { scrollbar-size-vertical: 1; }
    HelpScreen Input, HelpScreen Input:focus { border: none; height: 1; background: $surface; padding: 0 1; }
    HelpScreen .title { color: $primary; text-style: bold; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss(None)", "Close"),
        Binding("slash", "search", "Search"),
        Binding("j,down", "scroll('down')", show=False),
        Binding("k,up", "scroll('up')", show=False),
    ]

    def __init__(self, name: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._name = name
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Keys, mouse, the language, what can be asked in it."""
        with Vertical() as box:
            box.border_title = Content(f"Help · {self._name}")
            box.border_subtitle = "/ searches, esc closes"
            yield Input(placeholder="words to look for; enter goes back to the text", id="search")
            with VerticalScroll():
                for number, (title, text) in enumerate(self._sections()):
                    yield Static(title, classes="title", id=f"title-{number}")
                    yield Static(text, markup=False, id=f"text-{number}")
                yield Static("Nothing in here has these words.", id="nothing")

    def _sections(self) -> tuple[tuple[str, str], ...]:
        """Titles and texts."""
        return (
            ("Keys", _lines(22, ((_short(keys), word) for keys, word in self._keys))),
            ("Mouse", _lines(22, _MOUSE)),
            ("Signs", _lines(10, LEGEND)),
            ("The language of filters and alerts", _language()),
            ("Figures", _lines(16, ((figure.example, figure.note) for figure in FIGURES.values()))),
            ("Columns", _lines(10, ((column.key, column.note) for column in COLUMNS))),
        )

    def on_input_changed(self, message: Input.Changed) -> None:
        """Show the lines that have all the words, and the titles of their sections."""
        words = message.value.casefold().split()
        is_any = False
        for number, (title, text) in enumerate(self._sections()):
            found = [line for line in text.split("\n") if all(word in line.casefold() for word in words)]
            shown = text if all(word in title.casefold() for word in words) else "\n".join(found)
            self.query_one(f"#text-{number}", Static).update(shown)
            for part in ("title", "text"):
                self.query_one(f"#{part}-{number}").display = bool(shown)
            is_any = is_any or bool(shown)
        self.query_one("#nothing").display = not is_any

    def on_input_submitted(self) -> None:
        """Back to the text."""
        self.query_one(VerticalScroll).focus()

    def action_search(self) -> None:
        """Look for words."""
        search = self.query_one(Input)
        search.display = True
        search.focus()

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(Input).display = False
        self.query_one("#nothing").display = False
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, way: str) -> None:
        """A line up or down."""
        box = self.query_one(VerticalScroll)
        box.scroll_down(animate=False) if way == "down" else box.scroll_up(animate=False)


def _lines(width: int, pairs: Iterable[tuple[str, str]]) -> str:
    """What stands for what, one beside the other."""
    return "\n".join(f"{what:>{width}}   {word}" for what, word in pairs)


def _short(keys: str) -> str:
    return keys if len(keys) <= 22 else f"{keys[:21]}…"


def _language() -> str:
    """The documentation of the language's package without its first line; only examples keep their line ends."""
    chapters = inspect.cleandoc(filters.__doc__ or "").split("\n\n")[1:]
    return "\n\n".join(part if part.startswith(" ") else part.replace("\n", " ") for part in chapters)


_MOUSE = (
    ("click", "go there; a head sorts; tabs, keys and legends do what they say"),
    ("double click", "open the symbol"),
    ("wheel", "scroll; on a chart into the past and back, with ctrl zoom"),
    ("pointer on a chart", "crosshair"),
)
