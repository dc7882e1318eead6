"""Lists whose notes can be read however narrow the terminal is: none of them ends within a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widgets import OptionList

_LEAST: Final = 20
"""Cells that a note begins with beside its label; where there are fewer, it begins below that."""
_INDENT: Final = 4
_BESIDES: Final = 8
"""Lines of the terminal that a list leaves to what stands around it."""
_DIM: Final = "$foreground 65%"


class NotedLine(NamedTuple):
    """One line of a list."""

    head: Content
    note: str = ""


class NotedList(OptionList):
    """Long notes go on below themselves; where the terminal is too low for that, only that of the line under the cursor.

    Args:
        lines: gives the lines as they are.
    """

    DEFAULT_CSS = """
    NotedList, NotedList:focus {
        background: transparent; background-tint: transparent; border: none; height: auto; max-height: 100%; padding: 0;
        scrollbar-gutter: stable; scrollbar-size-vertical: 1;
    }
    """

    _is_low = False
    """Whether not every note has room; asked while the base begins, too."""
    _shown: Sequence[NotedLine] = ()
    _drawn_at: int | None = None
    """The line that is drawn as that of the cursor."""

    def __init__(self, lines: Callable[[], Sequence[NotedLine]]) -> None:
        super().__init__(*(Content.assemble(head, (note, _DIM)) for head, note in lines()))
        self._noted = lines
        self._shown = lines()
        self._room = 0
        """Cells of a line; 0: not laid out yet."""

    def list_anew(self, at: int | None) -> None:
        """Write the lines as they are now, the cursor on one of them."""
        self._shown = self._noted()
        whole = [with_note(line, self._room) for line in self._shown]
        self._is_low = sum(prompt.plain.count("\n") + 1 for prompt in whole) > self.app.size.height - _BESIDES
        self.clear_options()
        self.add_options(self._prompt(place) for place in range(len(whole)))
        self.highlighted = at

    def on_resize(self) -> None:
        """Another width breaks the notes elsewhere."""
        padding = self.get_component_styles("option-list--option").padding.width
        self._room = self.scrollable_content_region.width - padding
        self.list_anew(self.highlighted)

    def watch_highlighted(self, highlighted: int | None) -> None:
        """The line that the cursor comes to is told whole, and in the cursor's own colours; see `OptionList`."""
        before, self._drawn_at = self._drawn_at, highlighted
        for place in (before, highlighted):
            if place is not None and place < min(self.option_count, len(self._shown)):
                self.replace_option_prompt_at_index(place, self._prompt(place))
        super().watch_highlighted(highlighted)

    def _prompt(self, place: int) -> Content:
        line = self._shown[place]
        if place == self.highlighted:
            return Content(with_note(line, self._room).plain)  # others may not be seen on its ground
        return cut_note(line, self._room) if self._is_low else with_note(line, self._room)


def with_note(line: NotedLine, width: int) -> Content:
    """Its note beside its head, in lines of `width` cells in all; 0: in one line."""
    head, note = line
    begin = cell_len(head.plain)
    if not note or not width or begin + cell_len(note) <= width:
        return Content.assemble(head, (note, _DIM))
    is_beside = width - begin >= _LEAST
    indent = begin if is_beside else _INDENT
    blanks = "\n" + " " * indent
    lines = wrap(note, max(1, width - indent), break_on_hyphens=False)
    return Content.assemble(head, "" if is_beside else blanks, (blanks.join(lines), _DIM))


def cut_note(line: NotedLine, width: int) -> Content:
    """The same in one line: as many of the words as have room, and a sign that there are more."""
    head, note = line
    room = width - cell_len(head.plain)
    if not width or cell_len(note) <= room:
        return Content.assemble(head, (note, _DIM))
    words = wrap(note, max(1, room - 2), break_on_hyphens=False, break_long_words=False) if room > 2 else []
    first = words[0] if words and cell_len(words[0]) <= room - 2 else ""
    return Content.assemble(head, (f"{first} …".lstrip(), _DIM))


def padded(labels: Sequence[str], least: int = 0) -> list[str]:
    """Labels of one width, so that notes begin below each other."""
    width = max((least, *map(cell_len, labels)))
    return [set_cell_size(label, width) for label in labels]
