"""A small menu over the screen: each line has a letter, arrows and enter do as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from klagg_tui.screens.dialogs.note_lines import NotedLine, NotedList, padded

_FEW: Final = 12
"""As many lines are seen at once: nobody has to be told how to look for one."""
_SEARCH: Final = "/ searches."
_WIDTH: Final = 76
"""Cells of a menu; one with long lines takes more where there is room."""
_WIDEST: Final = 110
_FRAME: Final = 12
"""Cells of a line beside label and note: the border, blanks, the letter, the scroll bar."""


class Choice(NamedTuple):
    """One line of a menu."""

    value: str
    label: str
    note: str = ""
    letter: str = ""


class Menu(ModalScreen[str | None]):
    """Gives the value of the chosen line, None when left by Esc. `/` and words show the lines that have them."""

    HELP_TITLE = "a list to choose from"

    DEFAULT_CSS = """
    Menu { align: center middle; background: $background 50%; }
    Menu > Vertical {
        max-width: 90%; height: auto; max-height: 90%;
        background: $panel; border: round $primary 60%; border-title-color: $primary; padding: 0 1;
    }
    Menu Static { color: $text-muted; height: auto; dock: bottom; }
    Menu Input, Menu Input:focus { border: none; height: 1; background: $surface; padding: 0 1; dock: top; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close"),
        Binding("slash", "search", "Search"),
        Binding("question_mark", "app.help", "Help", show=False),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], footer: str = "", current: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = lettered(choices)
        self._found = self._choices
        """Those that have the words that are looked for."""
        labels = padded([choice.label for choice in choices])
        self._labels = {choice.value: label for choice, label in zip(choices, labels, strict=True)}
        self._longest = _FRAME + max(
            (cell_len(self._labels[one.value]) + cell_len(one.note) for one in choices), default=0
        )
        self._footer = footer
        self._current = current

    def compose(self) -> ComposeResult:
        """A list of lines and a word on what it does."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Input(placeholder="words to look for")
            box.styles.width = min(_WIDEST, max(_WIDTH, self._longest))
            yield NotedList(self._lines)
            if len(self._choices) > _FEW:
                yield Static(f"{self._footer} {_SEARCH}".strip(), markup=False)
            elif self._footer:
                yield Static(self._footer, markup=False)

    def _lines(self) -> list[NotedLine]:
        return [
            NotedLine(
                Content.assemble((choice.letter or " ", "b $primary"), f"  {self._labels[choice.value]}  "), choice.note
            )
            for choice in self._found
        ]

    def on_mount(self) -> None:
        """Begin at the line that holds now."""
        self.query_one(Input).display = False
        options = self.query_one(OptionList)
        options.highlighted = next((i for i, choice in enumerate(self._choices) if choice.value == self._current), 0)
        options.focus()

    def action_move(self, way: str) -> None:
        """As the arrows do."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if way == "down" else options.action_cursor_up()

    def action_search(self) -> None:
        """Look for words."""
        search = self.query_one(Input)
        search.display = True
        search.focus()

    def action_leave(self) -> None:
        """All lines again where words are looked for, else nothing chosen."""
        search = self.query_one(Input)
        if search.display:
            search.value, search.display = "", False
            self.query_one(OptionList).focus()
        else:
            _ = self.dismiss(None)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Show the lines that have all the words, those whose label begins so first."""
        words = message.value.casefold().split()
        found = [one for one in self._choices if all(word in f"{one.label} {one.note}".casefold() for word in words)]
        self._found = sorted(found, key=lambda one: not one.label.casefold().startswith(message.value.casefold()))
        self.query_one(NotedList).list_anew(0 if self._found else None)

    def on_input_submitted(self) -> None:
        """Take the line under the cursor."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            _ = self.dismiss(self._found[at].value)

    def on_key(self, event: events.Key) -> None:
        """A letter chooses at once."""
        for choice in self._choices:
            if choice.letter and event.character == choice.letter:
                event.stop()
                _ = self.dismiss(choice.value)
                return

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Enter or a click."""
        _ = self.dismiss(self._found[message.option_index].value)


_TAKEN = "jkq"


def lettered(choices: Sequence[Choice]) -> list[Choice]:
    """Give every line without a letter the first free one of its label."""
    taken = {choice.letter for choice in choices} | set(_TAKEN)
    lettered = []
    for choice in choices:
        letter = choice.letter
        if not letter:
            wanted = f"{choice.label.lower()}abcdefghiklmnoprstuvwxyz"
            letter = next((each for each in wanted if each.isascii() and each.isalpha() and each not in taken), "")
            taken.add(letter)
        lettered.append(choice._replace(letter=letter))
    return lettered
