"""The market table: one row a symbol, drawn by the line API.

Only rows that are on view and changed are drawn anew: a drawn line is kept as long as the row's version, the cursor,
the mark, the flash and the age stand. 500 rows of a DataTable cost 80 ms a repaint, these a few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from klagg_tui import formatting
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line_widget import LineWidget
from klagg_tui.screens.widgets.row_renderer import RowState, fitted, row_strip
from klagg_tui.view.columns import Look, age_of, view_columns
from klagg_tui.view.layout import Placed, Widths, place
from klagg_tui.view.model import Row, is_stale_bar
from klagg_tui.view.role import Role

_SYMBOL_LEAST: Final = 10
_SYMBOL_MOST: Final = 16
_PRICE_LEAST: Final = 8
_PRICE_MOST: Final = 14
_CACHED_MOST: Final = 2_000


class MarketTable(LineWidget, ScrollView, can_focus=True):
    """Rows in an order that the screen gives; the cursor stays with its symbol."""

    DEFAULT_CSS = """
    MarketTable {
        height: 1fr;
        background: $background;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 0;
    }
    """
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
        """The person wants to see this symbol."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    class Laid(Message):
        """The columns or their places changed."""

    def __init__(self, desk: AppState) -> None:
        super().__init__(id="table")
        self.desk = desk
        self.rows: Sequence[Row] = ()
        self.placed: tuple[Placed, ...] = ()
        self.marked: frozenset[str] = frozenset()
        self.empty_text = ""
        """What is said where there are no rows, line by line."""
        self.cursor_symbol: str | None = None
        """None until the cursor is moved: then it stays on the first row."""
        self._widths = Widths(_SYMBOL_LEAST, _PRICE_LEAST)
        self._cache: dict[str, tuple[tuple[object, ...], Strip]] = {}
        self._drawn_ages: dict[str, str] = {}
        self._prices: dict[str, int] = {}
        self._flashing: dict[str, int] = {}
        self._dragging = False
        self._shared = desk.look, range(0)

    # What the screen tells.

    def show(self, rows: Sequence[Row]) -> None:
        """Draw these rows in this order; the cursor goes where its symbol went."""
        self.rows = rows
        self.measure()
        size = Size(self.size.width, len(rows))
        if size != self.virtual_size:
            self.virtual_size = size
        self._find_cursor()
        self.refresh()

    def redraw(self) -> None:
        """Draw everything anew: another period, theme, or set of columns."""
        self._cache.clear()
        self._prices.clear()
        self._flashing.clear()
        self._lay_out()
        self.refresh()

    def changed(self, symbols: set[str]) -> None:
        """Draw those of the visible rows anew that changed, aged or ended their flash."""
        top, bottom = self._visible()
        width = self.size.width
        now_ms = self.desk.now_ms
        was_flashing, self._flashing = self._flashing, {}
        regions = []
        for y, row in enumerate(self.rows[top:bottom]):
            symbol = row.symbol
            flash = self._flash(row) if symbol in symbols else 0
            if flash:
                self._flashing[symbol] = flash
            if symbol in symbols or symbol in was_flashing or self._aged(row, now_ms):
                regions.append(Region(0, y, width, 1))
        if len(regions) * 2 > bottom - top:
            self.refresh(Region(0, 0, width, self.size.height))
        elif regions:
            self.refresh(*regions)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.index] if 0 <= self.index < len(self.rows) else None

    # How it is drawn.

    def render_lines(self, crop: Region) -> list[Strip]:
        """The visible lines asked for; what all of them share is looked up once."""
        self._shared = self.desk.look, self._thumb()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        return self._line(y, *self._shared)

    def _line(self, y: int, look: Look, thumb: range) -> Strip:
        index = y + self.scroll_offset.y
        width = self.size.width
        if index >= len(self.rows):
            return self._blank(y, width)
        row = self.rows[index]
        symbol = row.symbol
        guise = RowState(index == self.index, symbol in self.marked, self._flashing.get(symbol, 0), y in thumb)
        bar = row.bars[look.period.ordinal]
        is_stale = look.is_stale or (bar is not None and is_stale_bar(bar, look.now_ms))
        drawn_age = formatting.age(age_of(row, look.now_ms))
        key = (row.version, guise, drawn_age, is_stale, width)
        kept = self._cache.get(symbol)
        if kept is not None and kept[0] == key:
            return kept[1]
        styles = self.desk.palette.cursor if guise.cursor else self.desk.palette.plain
        if is_stale:
            look = look._replace(is_stale=True)
        strip = row_strip(row, self.placed, look, styles, width, guise)
        if len(self._cache) > _CACHED_MOST:
            self._cache.clear()
        self._cache[symbol] = (key, strip)
        self._drawn_ages[symbol] = drawn_age
        if row.last is not None:
            self._prices[symbol] = row.last
        return strip

    def _blank(self, y: int, width: int) -> Strip:
        style = self.desk.palette.plain[Role.DIM]
        said = () if self.rows else self.empty_text.split("\n")
        top = min(2, self.size.height - len(said))
        if 0 <= y - top < len(said):
            return Strip([Segment(fitted(f"    {said[y - top]}", width, is_left=True), style)], width)
        return Strip.blank(width, style)

    def _thumb(self) -> range:
        """Lines of the view beside which the scroll bar's thumb stands.

        It is drawn in the line: a widget of its own would have each line cut in two.
        """
        height, total = self.size.height, len(self.rows)
        if total <= height or not height:
            return range(0)
        length = max(1, height * height // total)
        begin = round(self.scroll_offset.y * (height - length) / (total - height))
        return range(begin, begin + length)

    def _visible(self) -> tuple[int, int]:
        top = self.scroll_offset.y
        return top, min(len(self.rows), top + self.size.height)

    def _flash(self, row: Row) -> int:
        last = row.last
        drawn = self._prices.get(row.symbol)
        if last is None or drawn is None or last == drawn:
            return 0
        return 1 if last > drawn else -1

    def _aged(self, row: Row, now_ms: int) -> bool:
        return self._drawn_ages.get(row.symbol) != formatting.age(age_of(row, now_ms))

    # Columns.

    def measure(self) -> None:
        """Give the columns the width that the rows need.

        They only ever grow: a table that breathes cannot be read.
        """
        symbol, price = self._widths
        for row in self.rows:
            symbol = max(symbol, cell_len(row.symbol) if not row.symbol.isascii() else len(row.symbol))
            if (last := row.last) is not None:
                price = max(price, len(formatting.price(last, row.decimals)))
        widths = Widths(min(symbol, _SYMBOL_MOST), min(price, _PRICE_MOST))
        if widths != self._widths:
            self._widths = widths
            self.redraw()

    def _lay_out(self) -> None:
        chosen = self.desk.remembered
        columns = view_columns(chosen.columns, self.desk.feed.periods, all_periods=chosen.all_periods)
        placed = place(columns, self.size.width - 1, self._widths)
        if placed != self.placed:
            self.placed = placed
            self._cache.clear()
            self.post_message(self.Laid())

    def on_resize(self) -> None:
        """Another width has room for other columns."""
        self.virtual_size = Size(self.size.width, len(self.rows))
        self._lay_out()
        self._show_cursor()

    # The cursor.

    def _find_cursor(self) -> None:
        before = self.index
        found = 0
        if self.cursor_symbol is not None:
            # A symbol that is not on view any more leaves the cursor where it was.
            stay = min(before, max(0, len(self.rows) - 1))
            found = next((i for i, row in enumerate(self.rows) if row.symbol == self.cursor_symbol), stay)
        was_visible = self._visible()[0] <= before < self._visible()[0] + self.size.height
        self.index = found
        if was_visible and found != before:
            self._show_cursor()

    def watch_index(self, before: int, now: int) -> None:
        """Redraw the line left and the line entered."""
        for index in (before, now):
            self.refresh_line(index)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, and from now on hold on to its symbol."""
        if not self.rows:
            return
        self.index = max(0, min(len(self.rows) - 1, index))
        self.cursor_symbol = self.rows[self.index].symbol
        self._show_cursor()

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
        """The first or the last row; on the first the cursor holds on to no symbol."""
        self.move_to(0 if side < 0 else len(self.rows) - 1)
        if side < 0:
            self.cursor_symbol = None

    def action_open(self) -> None:
        """Show the symbol under the cursor."""
        if (row := self.current) is not None:
            self.post_message(self.Opened(row.symbol))

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
