"""Help, made from the bindings that hold, so that it is true also where keys were changed."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from klagg_tui.view import filter as filters
from klagg_tui.view.columns import COLUMNS

_HIDDEN = frozenset({
    "Quit", "Copy selected text", "Focus Next", "Focus Previous",
    "Scroll Left", "Scroll Right", "Scroll Up", "Scroll Down", "Page Left", "Page Right",
})  # fmt: skip
"""What Textual binds for every widget and what does nothing here."""


def own_bindings(screen: Screen[Any]) -> Iterator[ActiveBinding]:
    """What is bound on a screen for people, as the keymap has it; without what Textual binds for itself."""
    for active in screen.active_bindings.values():
        if active.binding.description not in {"", *_HIDDEN} and not active.binding.system:
            yield active


def bindings_of(screen: Screen[Any]) -> list[tuple[str, str]]:
    """Keys and what they do, as they hold on a screen: one line an action, in the order of their definition."""
    keys: dict[tuple[DOMNode, str], list[str]] = {}
    words: dict[tuple[DOMNode, str], str] = {}
    for active in own_bindings(screen):
        action = (active.node, active.binding.action)
        keys.setdefault(action, []).append(screen.app.get_key_display(active.binding))
        words[action] = active.binding.description
    return _merged((shown, words[action]) for action, shown in keys.items())


def _merged(lines: Iterable[tuple[list[str], str]]) -> list[tuple[str, str]]:
    """Actions of one description in one line: the ten period keys are one matter."""
    merged: dict[str, list[str]] = {}
    for shown, word in lines:
        merged.setdefault(word, []).extend(key for key in shown if key not in merged.get(word, []))
    return [(" ".join(keys), word) for word, keys in merged.items()]


class HelpScreen(ModalScreen[None]):
    """Keys of the screen below, the filter language, the columns."""

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
        """Three chapters."""
        with VerticalScroll() as box:
            box.border_title = f"Help · {self._name}"
            box.border_subtitle = "esc closes"
            yield Static("Keys", classes="title")
            yield Static(
                "\n".join(f"{_short(keys):>22}   {word}" for keys, word in self._keys), markup=False, id="keys"
            )
            yield Static("Mouse", classes="title")
            yield Static("\n".join(f"{what:>22}   {word}" for what, word in _MOUSE), markup=False)
            yield Static("Filter and alert language", classes="title")
            yield Static(_language(), markup=False)
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
    """What the module of the language says of itself, without its first line; only examples keep their line ends."""
    told = inspect.cleandoc(filters.__doc__ or "").split("\n\n")[1:]
    return "\n\n".join(part if part.startswith(" ") else part.replace("\n", " ") for part in told)


_MOUSE = (
    ("click", "go there; a head sorts; tabs, keys and legends do what they say"),
    ("double click", "open the symbol"),
    ("wheel", "scroll; on a chart into the past and back, with ctrl zoom"),
    ("pointer on a chart", "crosshair"),
)
