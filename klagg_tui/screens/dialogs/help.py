"""Help, made from the bindings that hold, so that it is right also where keys were changed."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.table import Table
from rich.text import Text
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


class Section(NamedTuple):
    """A part of the help: what stands for what, and below it lines as they are."""

    title: str
    rows: Sequence[tuple[str, str]] = ()
    text: str = ""

    def having(self, words: Sequence[str]) -> Section:
        """What has all the words; all of it where its title has them."""
        if _has(self.title, words):
            return self
        rows = [row for row in self.rows if _has(" ".join(row), words)]
        return Section(self.title, rows, "\n".join(line for line in self.text.split("\n") if _has(line, words)))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.rows and not self.text

    def drawn(self, width: int) -> Table | Text:
        """Words in as many lines as they take beside what they are about, which has at most `width` cells."""
        if not self.rows:
            return Text(self.text)
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(justify="right", width=min(width, max(len(what) for what, _ in self.rows)))
        table.add_column(ratio=1)
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table


class HelpScreen(ModalScreen[None]):
    """Keys of the screen below and of everywhere, the language, its figures and columns, keys of the other screens."""

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

    def __init__(self, name: str, keys: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        """`keys`: of each section its title and its keys with what they do."""
        super().__init__()
        self._name = name
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Keys, mouse, signs, the language, what can be asked in it."""
        with Vertical() as box:
            box.border_title = Content(f"Help · {self._name}")
            box.border_subtitle = "/ searches, esc closes"
            yield Input(placeholder="words to look for; enter goes back to the text", id="search")
            with VerticalScroll():
                for number, section in enumerate(self._sections()):
                    yield Static(section.title, classes="title", id=f"title-{number}", markup=False)
                    yield Static(section.drawn(_KEYS_WIDTH), id=f"text-{number}", markup=False)
                yield Static("Nothing in here has these words.", id="nothing")

    def _sections(self) -> tuple[Section, ...]:
        keys = [Section(title, rows) for title, rows in self._keys]
        return (
            *keys[:_FIRST],
            Section("Mouse", _MOUSE),
            Section("Signs", LEGEND),
            Section("The language of filters and alerts", text=_language()),
            Section("Figures", [(figure.example, figure.note) for figure in FIGURES.values()]),
            Section("Columns", [(column.key, column.note) for column in COLUMNS]),
            *keys[_FIRST:],
        )

    def on_input_changed(self, message: Input.Changed) -> None:
        """Show the lines that have all the words, and the titles of their sections."""
        words = message.value.casefold().split()
        sections = [section.having(words) for section in self._sections()]
        for number, section in enumerate(sections):
            self.query_one(f"#text-{number}", Static).update(section.drawn(_KEYS_WIDTH))
            for part in ("title", "text"):
                self.query_one(f"#{part}-{number}").display = not section.is_empty
        self.query_one("#nothing").display = all(section.is_empty for section in sections)

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


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text.casefold() for word in words)


def _language() -> str:
    """The documentation of the language's package without its first line; only examples keep their line ends."""
    chapters = inspect.cleandoc(filters.__doc__ or "").split("\n\n")[1:]
    return "\n\n".join(part if part.startswith(" ") else part.replace("\n", " ") for part in chapters)


_FIRST = 2
"""Sections of keys that stand first: of the screen below, and of everywhere."""
_KEYS_WIDTH = 22
"""Cells for what stands at the left; more of it takes more lines."""
_MOUSE = (
    ("click", "go there; a head sorts; tabs, keys and legends do what they say"),
    ("double click", "open the symbol"),
    ("wheel", "scroll; on a chart into the past and back, with ctrl zoom"),
    ("pointer on a chart", "crosshair"),
)
