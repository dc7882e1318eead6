"""Help, made from the bindings that hold, so that it is right also where keys were changed."""

from __future__ import annotations

import inspect
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from klagg_tui.view import filter as filters
from klagg_tui.view.columns.registry import COLUMNS
from klagg_tui.view.screener.figure import FIGURES


class HelpScreen(ModalScreen[None]):
    """Keys of the screen below, the language, its figures and columns."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 50%; }
    HelpScreen > VerticalScroll {
        width: 96; max-width: 96%; height: 92%; background: $panel;
        border: round $primary 60%; border-title-color: $primary; padding: 0 2;
        scrollbar-size-vertical: 1;
    }
    HelpScreen .title { color: $primary; text-style: bold; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss(None)", "Close"),
        Binding("j,down", "scroll('down')", show=False),
        Binding("k,up", "scroll('up')", show=False),
    ]

    def __init__(self, name: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._name = name
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Keys, mouse, the language, what can be asked in it."""
        with VerticalScroll() as box:
            box.border_title = Content(f"Help · {self._name}")
            box.border_subtitle = "esc closes"
            yield Static("Keys", classes="title")
            yield Static(
                "\n".join(f"{_short(keys):>22}   {word}" for keys, word in self._keys), markup=False, id="keys"
            )
            yield Static("Mouse", classes="title")
            yield Static("\n".join(f"{what:>22}   {word}" for what, word in _MOUSE), markup=False)
            yield Static("The language of filters and alerts", classes="title")
            yield Static(_language(), markup=False)
            yield Static("Figures", classes="title")
            yield Static(
                "\n".join(f"{figure.example:>16}   {figure.note}" for figure in FIGURES.values()), markup=False
            )
            yield Static("Columns", classes="title")
            yield Static("\n".join(f"{column.key:>10}   {column.note}" for column in COLUMNS), markup=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, way: str) -> None:
        """A line up or down."""
        box = self.query_one(VerticalScroll)
        box.scroll_down(animate=False) if way == "down" else box.scroll_up(animate=False)


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
