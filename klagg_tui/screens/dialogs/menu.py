"""A small menu over the screen: each line has a letter, arrows and enter do as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option


class Choice(NamedTuple):
    """One line of a menu."""

    value: str
    label: str
    note: str = ""
    letter: str = ""


class Menu(ModalScreen[str | None]):
    """Gives the value of the chosen line, None when left by Esc."""

    DEFAULT_CSS = """
    Menu { align: center middle; background: $background 50%; }
    Menu > Vertical {
        width: 76; max-width: 90%; height: auto; max-height: 90%;
        background: $panel; border: round $primary 60%; border-title-color: $primary; padding: 0 1;
    }
    Menu OptionList {
        background: transparent; border: none; height: auto; max-height: 100%; padding: 0;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Menu OptionList:focus { border: none; background-tint: transparent; }
    Menu Static { color: $text-muted; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close"),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], footer: str = "", current: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = _lettered(choices)
        self._footer = footer
        self._current = current

    def compose(self) -> ComposeResult:
        """A list of lines and a word on what it does."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            width = max((len(choice.label) for choice in self._choices), default=0) + 2
            yield OptionList(
                *[
                    Option(
                        Content.assemble(
                            (choice.letter or " ", "b $primary"),
                            f"  {choice.label:<{width}}",
                            (choice.note, "$text-muted"),
                        ),
                        id=f"o{i}",
                    )
                    for i, choice in enumerate(self._choices)
                ]
            )
            if self._footer:
                yield Static(self._footer, markup=False)

    def on_mount(self) -> None:
        """Begin at the line that holds now."""
        options = self.query_one(OptionList)
        options.highlighted = next((i for i, choice in enumerate(self._choices) if choice.value == self._current), 0)
        options.focus()

    def action_move(self, way: str) -> None:
        """As the arrows do."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if way == "down" else options.action_cursor_up()

    def on_key(self, event: events.Key) -> None:
        """A letter chooses at once."""
        for choice in self._choices:
            if choice.letter and event.character == choice.letter:
                event.stop()
                _ = self.dismiss(choice.value)
                return

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Enter or a click."""
        _ = self.dismiss(self._choices[message.option_index].value)


_TAKEN = "jkq"


def _lettered(choices: Sequence[Choice]) -> list[Choice]:
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
