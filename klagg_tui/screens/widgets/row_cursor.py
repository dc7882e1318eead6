"""A scrolled list of rows with a cursor that stays with its symbol: the keys and the mouse that move it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from klagg_tui.screens.widgets.line_widget import LineWidget
from klagg_tui.view.model import Row

_MARGIN: Final = 4
"""Columns before a text that stands in place of rows; one stays free behind it."""


class RowCursor(LineWidget, ScrollView, can_focus=True, inherit_bindings=False):
    """Base of the table: rows in an order that the screen gives, one line each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", show=False),
        Binding("down,j", "step(1)", "Down", show=False),
        Binding("pageup,ctrl+b,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(-1)", "First row", show=False),
        Binding("end,G", "edge(1)", "Last row", show=False),
        Binding("enter", "open", "Open the symbol"),
    ]
    index: reactive[int] = reactive(0, repaint=False)
    """Row the cursor is on."""

    class Opened(Message):
        """A symbol is to be shown."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    class Moved(Message):
        """The cursor was put on another row."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()
        self.cursor_symbol: str | None = None
        """None until the cursor is moved: until then it stays on the first row."""
        self._dragging = False
        self.empty_text = ""
        """What is written where there are no rows, line by line."""

    def empty_lines(self) -> list[str]:
        """That text as it fits the width: nothing of it is cut."""
        width = max(1, self.size.width - _MARGIN - 1)
        return [f"{'':{_MARGIN}}{line}" for text in self.empty_text.split("\n") for line in wrap(text, width) or [""]]

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.index] if 0 <= self.index < len(self.rows) else None

    def show(self, rows: Sequence[Row]) -> None:
        """Draw these rows in this order; the cursor goes where its symbol went."""
        self.rows = rows
        size = Size(self.size.width, len(rows))
        if size != self.virtual_size:
            self.virtual_size = size
        self._find_cursor()
        self.refresh()

    def visible_rows(self) -> tuple[int, int]:
        """The first row on view, and the one behind the last."""
        top = self.scroll_offset.y
        return top, min(len(self.rows), top + self.size.height)

    def on_resize(self) -> None:
        """Keep the cursor on view."""
        self.virtual_size = Size(self.size.width, len(self.rows))
        self._show_cursor()

    def _find_cursor(self) -> None:
        before = self.index
        found = 0
        if self.cursor_symbol is not None:
            # A symbol that is not on view any more leaves the cursor where it was.
            stay = min(before, max(0, len(self.rows) - 1))
            found = next((i for i, row in enumerate(self.rows) if row.symbol == self.cursor_symbol), stay)
        top = self.scroll_offset.y
        was_visible = top <= before < top + self.size.height
        self.index = found
        if was_visible and found != before:
            self._show_cursor()

    def watch_index(self, before: int, now: int) -> None:
        """Redraw the line left and the line entered."""
        for index in (before, now):
            self.refresh_line(index)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row; from now on it stays with that row's symbol."""
        if not self.rows:
            return
        self.index = max(0, min(len(self.rows) - 1, index))
        self.cursor_symbol = self.rows[self.index].symbol
        self._show_cursor()
        self.post_message(self.Moved())

    def _show_cursor(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if self.index < top:
            self.scroll_to(y=self.index, animate=False)
        elif height and self.index >= top + height:
            self.scroll_to(y=self.index - height + 1, animate=False)

    def action_step(self, rows: int) -> None:
        """Up or down."""
        self.move_to(self.index + rows)

    def action_page(self, pages: int) -> None:
        """A screenful up or down."""
        self.move_to(self.index + pages * max(1, self.size.height - 1))

    def action_edge(self, side: int) -> None:
        """The first or the last row; the first keeps the cursor whatever symbol comes there."""
        self.move_to(0 if side < 0 else len(self.rows) - 1)
        if side < 0:
            self.cursor_symbol = None

    def action_open(self) -> None:
        """Show the symbol under the cursor."""
        if (row := self.current) is not None:
            self.post_message(self.Opened(row.symbol))

    # The mouse. The thumb of the scroll bar is drawn in the last cell of the lines.

    def thumb(self) -> range:
        """Lines of the view beside which the scroll bar's thumb stands.

        It is drawn in the line: a widget of its own would have each line cut in two.
        """
        height, total = self.size.height, len(self.rows)
        if total <= height or not height:
            return range(0)
        length = max(1, height * height // total)
        begin = round(self.scroll_offset.y * (height - length) / (total - height))
        return range(begin, begin + length)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the scroll bar."""
        if event.x == self.size.width - 1:
            self._dragging = True
            self.capture_mouse()
            self._scroll_to_pointer(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the scroll bar."""
        if self._dragging:
            self._scroll_to_pointer(event.y)

    def on_mouse_up(self) -> None:
        """Let go of the scroll bar."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _scroll_to_pointer(self, y: int) -> None:
        share = max(0.0, min(1.0, y / max(1, self.size.height - 1)))
        self.scroll_to(y=share * self.max_scroll_y, animate=False)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        if event.x == self.size.width - 1:
            return
        index = event.y + self.scroll_offset.y
        if index < len(self.rows):
            self.move_to(index)
            if event.chain == 2:
                self.action_open()
