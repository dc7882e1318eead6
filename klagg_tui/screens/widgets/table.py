"""The market table: one row a symbol, drawn by the line API.

Only rows that are on view and changed are drawn again: a drawn line is cached for as long as the row's version, the cursor,
the mark, the flash and the age stand. 500 rows of a DataTable cost 80 ms a repaint, these a few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.segment import Segment
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from klagg_tui import formatting
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.palette import Palette
from klagg_tui.screens.widgets.row_cursor import RowCursor
from klagg_tui.screens.widgets.row_renderer import RowState, fitted, row_strip
from klagg_tui.view.alerts.marks import AlertMarks
from klagg_tui.view.columns.age import age_of
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.state import FORMING, usual_state
from klagg_tui.view.layout import MIN_WIDTHS, Placed, grown, place
from klagg_tui.view.model import Row, is_stale_bar
from klagg_tui.view.role import Role

_MAX_CACHED: Final = 2_000


class _Shared(NamedTuple):
    """What is the same for all lines of a frame: much of it is dear to ask for."""

    context: RenderContext
    thumb: range
    stale_venues: frozenset[str]
    top: int
    """The first row on view."""
    width: int
    palette: Palette
    marks: AlertMarks | None
    """None where there is no alert."""


class MarketTable(RowCursor):
    """The rows with their columns; it draws itself again where something changed."""

    DEFAULT_CSS = """
    MarketTable {
        height: 1fr;
        background: $background;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 0;
    }
    """

    class LaidOut(Message):
        """The columns or their places changed."""

    def __init__(self, state: AppState) -> None:
        super().__init__(id="table")
        self.state = state
        self.placed: tuple[Placed, ...] = ()
        self.marked: frozenset[str] = frozenset()
        """Those on the watchlist."""
        self.on_wall: frozenset[str] = frozenset()
        """Those marked for the wall."""
        self.mixes_quotes = False
        """Whether the rows are paid in several quotes of about a dollar."""
        self.usual = FORMING
        """What is not said of each row again."""
        self.is_painted = False
        """Whether there was a picture with columns in it."""
        self._widths = MIN_WIDTHS
        self._cache: dict[str, tuple[tuple[object, ...], Strip]] = {}
        self._drawn_ages: dict[str, str] = {}
        self._drawn_prices: dict[str, int] = {}
        self._flashing: dict[str, int] = {}
        self._shared = self._share()

    # What the screen calls.

    def show(self, rows: Sequence[Row]) -> None:
        """Draw these rows in this order; the cursor goes where its symbol went."""
        self.rows = rows
        self.measure()
        super().show(rows)

    def find_usual(self) -> None:
        """Find what goes without saying of the rows on view."""
        top, bottom = self.visible_rows()
        usual = usual_state(self.rows[top:bottom], self.state.period, self.state.now_ms)
        if usual != self.usual:
            self.usual = usual
            self.refresh()

    def visible_symbols(self) -> tuple[str, ...]:
        """Those of the rows on view, from the top."""
        top, bottom = self.visible_rows()
        return tuple(row.symbol for row in self.rows[top:bottom])

    def redraw(self) -> None:
        """Draw everything again: another period, theme, or set of columns."""
        self._cache.clear()
        self._drawn_prices.clear()
        self._flashing.clear()
        self._lay_out()
        self.refresh()

    def update_rows(self, symbols: set[str]) -> None:
        """Draw those of the visible rows again that changed, aged or ended their flash."""
        top, bottom = self.visible_rows()
        width = self.size.width
        now_ms = self.state.now_ms
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

    def measure(self) -> None:
        """Give the columns the width that the rows need."""
        widths = grown(self._widths, self.rows)
        if widths != self._widths:
            self._widths = widths
            self.redraw()
        else:
            self._lay_out()

    def forget_widths(self) -> None:
        """Other rows than before are to come: those need not have their room."""
        self._widths = MIN_WIDTHS

    # How it is drawn.

    def render_lines(self, crop: Region) -> list[Strip]:
        """The visible lines asked for; what all of them share is looked up once."""
        self._shared = self._share()
        self.is_painted = bool(self.placed)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        return self._line(y, self._shared)

    def _share(self) -> _Shared:
        state = self.state
        top, width = self.scroll_offset.y, self.size.width
        marks = state.marks if state.alerts.texts else None
        context = state.render_context._replace(usual=self.usual.label)
        return _Shared(context, self.thumb(), state.stale_venues, top, width, state.palette, marks)

    def _line(self, y: int, shared: _Shared) -> Strip:
        context, thumb, stale_venues, top, width, palette, marks = shared
        index = y + top
        if index >= len(self.rows):
            return self._blank(y, width)
        row = self.rows[index]
        symbol = row.symbol
        flash, alert = self._flashing.get(symbol, 0), marks.sign(row) if marks is not None else ""
        row_state = RowState(
            index == self.index, symbol in self.marked, flash, y in thumb, symbol in self.on_wall, alert
        )
        bar = row.bars[context.period.ordinal]
        is_stale = (
            context.is_stale or row.venue in stale_venues or (bar is not None and is_stale_bar(bar, context.now_ms))
        )
        drawn_age = formatting.age(age_of(row, context.now_ms))
        key = (row.version, row_state, drawn_age, is_stale, width, context.usual)
        cached = self._cache.get(symbol)
        if cached is not None and cached[0] == key:
            return cached[1]
        styles = palette.cursor if row_state.cursor else palette.plain
        if is_stale:
            context = context._replace(is_stale=True)
        strip = row_strip(row, self.placed, context, styles, width, row_state)
        if len(self._cache) > _MAX_CACHED:
            self._cache.clear()
        self._cache[symbol] = (key, strip)
        self._drawn_ages[symbol] = drawn_age
        if row.last is not None:
            self._drawn_prices[symbol] = row.last
        return strip

    def _blank(self, y: int, width: int) -> Strip:
        style = self.state.palette.plain[Role.DIM]
        lines = () if self.rows else self.empty_lines()
        top = min(2, self.size.height - len(lines))
        if 0 <= y - top < len(lines):
            return Strip([Segment(fitted(lines[y - top], width, is_left=True), style)], width)
        return Strip.blank(width, style)

    def _flash(self, row: Row) -> int:
        last = row.last
        drawn = self._drawn_prices.get(row.symbol)
        if last is None or drawn is None or last == drawn:
            return 0
        return 1 if last > drawn else -1

    def _aged(self, row: Row, now_ms: int) -> bool:
        return self._drawn_ages.get(row.symbol) != formatting.age(age_of(row, now_ms))

    def _lay_out(self) -> None:
        columns = self.state.columns(mixes_quotes=self.mixes_quotes)
        placed = place(columns, self.size.width - 1, self._widths)
        if placed != self.placed:
            self.placed = placed
            self._cache.clear()
            self.refresh()
            self.post_message(self.LaidOut())

    def on_resize(self) -> None:
        """Another width has room for other columns."""
        self._lay_out()
