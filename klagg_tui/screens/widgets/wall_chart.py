"""One chart of the wall: a title over candles, drawn line by line, of which only those that differ are painted again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line_widget import printable_strip
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.view.candles import STEPS, Chart, Picture, draw
from klagg_tui.view.marking import sign_of
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.wall import title_pieces

_BROAD_FROM: Final = 60
"""Cells of width from which on candles have a blank beside them, as on a symbol's own screen."""
_PATIENCE: Final = 2
"""Beats that a chart waits for its history before it draws what it has: a bar alone on another scale would only flicker."""
_DAY: Final = "chg(24h)"


Line: TypeAlias = tuple[Piece, ...]


class Look(NamedTuple):
    """What a chart depends on besides its bars."""

    has_focus: bool = False
    is_marked: bool = False
    is_listed: bool = False


class WallChart(LiveChart):
    """Follows one symbol, or none; the screen says with `paint` when there is to be a new picture."""

    class Picked(Message):
        """It was clicked; twice: its symbol is to be shown."""

        def __init__(self, symbol: str, *, is_double: bool) -> None:
            super().__init__()
            self.symbol = symbol
            self.is_double = is_double

    class Loaded(Message):
        """Its history has come."""

        def __init__(self, chart: WallChart) -> None:
            super().__init__()
            self.chart = chart

    def __init__(self, state: AppState, *, id: str) -> None:  # noqa: A002  # Textual's own name
        super().__init__(state, id=id)
        self.look = Look()
        self.chosen_breadth: int | None = None
        self._patience = 0
        self._lines: Sequence[Line | None] = []
        self._strips: list[Strip] = []
        self._drawn_at = Size(0, 0)
        self._last = "", Size(0, 0), draw([], Chart(0, 0, state.period))
        """The newest picture, of which symbol and how large: it stays while another period's bars are on their way."""
        self.drawn = 0
        """How many pictures of its candles were made."""

    def begin(self, symbol: str) -> None:
        """Draw this symbol as soon as its history is there; "": none."""
        self._patience = _PATIENCE if symbol else 0
        super().begin(symbol)

    @property
    def is_behind(self) -> bool:
        """Whether bars ended since the last one taken in, or another period is on view."""
        row, series = self.row, self.series
        bar = row.bar(self.state.period) if row is not None else None
        if series is None or bar is None:
            return False
        return series.period is not self.state.period or not series.bars or series.bars[-1].open_ms < bar.open_ms

    def beat(self, touched: set[str]) -> None:
        """Take in the symbol's new bars, on view or not."""
        if self._patience:
            self._patience -= 1
            self.redraw()
        super().beat(touched)

    def redraw(self) -> None:
        """The bars or the choices changed; what comes of it is painted by the next `paint`."""
        self._picture = None

    def on_candle_chart_moved(self, message: LiveChart.Moved) -> None:
        """Its history has come."""
        message.stop()
        self._patience = 0
        self.redraw()
        self.post_message(self.Loaded(self))

    def paint(self, look: Look) -> None:
        """Bring on the screen what differs from what stands there."""
        self.look = look
        changed = self._compose_lines()
        if changed:
            width = self.size.width
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def repaint(self) -> None:
        """Draw everything again, in other colours or by other choices."""
        self.redraw()
        self._lines = []
        self.refresh()

    @property
    def picture(self) -> Picture:
        """The candles, without what only a large chart has room for."""
        if self._picture is None and self._patience and self._last[:2] == (self.symbol, self.size):
            self._picture = self._last[2]
        if self._picture is None:
            chosen = self.state.preferences
            chart = Chart(
                width=self.size.width - 1,
                height=self.size.height - 1,
                period=self.state.period,
                decimals=self.decimals,
                step=STEPS[self.breadth],
                local_time=chosen.local_time,
                is_log=chosen.log_scale,
                lines=self._alert_prices(),
            )
            self.drawn += 1
            self._picture = draw(self.series.bars if self.series is not None and not self._patience else [], chart)
            self._last = self.symbol, self.size, self._picture
        return self._picture

    @property
    def breadth(self) -> int:
        """Place in `STEPS`: what was chosen for all charts, or as broad as there is room for."""
        if self.chosen_breadth is not None:
            return self.chosen_breadth
        return 1 if self.size.width >= _BROAD_FROM else 0

    def _compose_lines(self) -> list[int]:
        """Make the lines anew that differ from those that there are; returns which."""
        if self._drawn_at != self.size:
            self.redraw()
            self._lines = []
            self._drawn_at = self.size
        width, height = self.size
        lines = [self._title(), *self._chart_lines(height - 1)][:height] if self.symbol else [()] * height
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            before, self._strips = [None] * height, [Strip.blank(width)] * height
        changed = [y for y, (now, then) in enumerate(zip(lines, before, strict=True)) if now != then]
        palette = self.state.palette
        for y in changed:
            styles = palette.plain if y or not self.symbol else palette.active if self.look.has_focus else palette.head
            segments = [Segment(text, styles[role]) for text, role in lines[y]]
            if y and self.picture.scale is not None:
                # Of a canvas: as wide as that, and no name in it that would have to be looked through.
                self._strips[y] = Strip(segments, width)
            else:
                self._strips[y] = printable_strip(Strip(segments).adjust_cell_length(width, styles[Role.TEXT]))
        return changed

    def _chart_lines(self, height: int) -> list[Line]:
        edge = Piece("▌", Role.KEY) if self.look.has_focus else Piece("│", Role.GRID)
        picture = self.picture
        lines = [(edge, *row) for row in picture.rows]
        if picture.scale is None and lines:
            lines[height // 2] = (edge, Piece(f"  {self._nothing_text()}", Role.DIM))
        return lines

    def _nothing_text(self) -> str:
        if self.row is None:
            return f"{self.symbol} is not in this market any more"
        return "" if self._patience else f"no bars of {self.symbol} in {self.state.period} yet"

    def _title(self) -> Line:
        state, row = self.state, self.row
        context = state.render_context
        if row is not None and row.venue in state.stale_venues:
            context = context._replace(is_stale=True)
        bar = row.bar(state.period) if row is not None else None
        day = state.find_column(_DAY)
        value = day.measure(row, bar, context.now_ms) if day and row is not None and bar is not None else None
        sign = sign_of(is_marked=self.look.is_marked, is_listed=self.look.is_listed)
        edge = Piece("▌" if self.look.has_focus else " ", Role.KEY)
        told = title_pieces(
            row.symbol if row is not None else self.symbol,
            row,
            context,
            self.size.width - 2,  # a blank before the next chart's edge
            sign,
            value if isinstance(value, float) else None,
        )
        return (edge, *told)

    def printable_lines(self, crop: Region) -> list[Strip]:
        """Textual asks for all lines between two that changed, of every chart: they are kept."""
        if self._drawn_at != self.size or not self._lines:
            self._compose_lines()
        return self._strips[crop.y : crop.bottom]

    def render_line(self, y: int) -> Strip:
        """The title, or a line of the picture."""
        return self.printable_lines(Region(0, y, self.size.width, 1))[0]

    # The mouse: the focus instead of a crosshair, pages of the wall instead of a way into the past.

    def on_click(self, event: events.Click) -> None:
        """A click moves the focus, a second one opens."""
        event.stop()
        if self.symbol:
            self.post_message(self.Picked(self.symbol, is_double=event.chain == 2))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """There is no crosshair."""
        event.prevent_default()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel is the screen's."""
        event.prevent_default()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel is the screen's."""
        event.prevent_default()
