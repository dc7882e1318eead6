"""The wall: charts of the marked symbols beside each other, in one period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import FootKey, KlaggScreen
from klagg_tui.screens.marking import remove_marks, symbols_listed, symbols_marked, toggle_mark
from klagg_tui.screens.widgets.header import TabsLine
from klagg_tui.screens.widgets.wall_chart import WallChart
from klagg_tui.screens.widgets.wall_grid import WallGrid
from klagg_tui.view import watchlists
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.wall import Source, told_source

_PAGE: Final = ("", "page", "screen.page(1)")
_KEYS: Final[tuple[FootKey, ...]] = (
    ("←→↑↓", "chart", "screen.step(1)"),
    ("", "open", "screen.open"),
    ("", "mark", "screen.wall_mark"),
    ("", "closer", "screen.zoom(1)"),
    ("", "wider", "screen.zoom(-1)"),
    ("", "freeze", "screen.freeze"),
    ("", "back", "screen.back"),
    ("", "help", "app.help"),
    ("", "quit", "app.quit"),
)


class WallScreen(KlaggScreen):
    """Charts of the marked symbols; without marks of the watchlist on view, without that of the first rows of the table.

    Args:
        first: gives the symbols of the table as it stands.
    """

    HELP_TITLE = "Wall of charts"
    DEFAULT_CSS = """
    WallScreen #empty { height: 1fr; display: none; content-align: center middle; color: $text-muted; }
    WallScreen.empty #empty { display: block; }
    WallScreen.empty #grid { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace,W", "back", "Back to the table", id="wall_back"),
        Binding("left,h", "step(-1)", "Chart before", id="wall_left"),
        Binding("right,l", "step(1)", "Chart behind", id="wall_right"),
        Binding("up,k", "rows(-1)", "Chart above", id="wall_up"),
        Binding("down,j", "rows(1)", "Chart below", id="wall_down"),
        Binding("pagedown,n,ctrl+f", "page(1)", "Next page of charts", id="wall_page_down"),
        Binding("pageup,N,ctrl+b", "page(-1)", "Previous page of charts", id="wall_page_up"),
        Binding("home,g", "edge(-1)", "First chart", id="wall_home"),
        Binding("end,G", "edge(1)", "Last chart", id="wall_end"),
        Binding("enter", "open", "Open the symbol", id="wall_open"),
        Binding("M,delete", "wall_mark", "Take the symbol's mark away, or mark it", id="wall_unmark_one"),
        Binding("X", "unmark", "Take every mark away", id="wall_unmark"),
        Binding("plus,equals_sign", "zoom(1)", "Broader candles", id="wall_zoom_in", key_display="+"),
        Binding("minus", "zoom(-1)", "Narrower candles", id="wall_zoom_out", key_display="-"),
        Binding("y", "log_scale", "Logarithmic scale on or off", id="wall_log_scale"),
        Binding("space", "freeze", "Freeze the picture, or go on", id="wall_freeze"),
    ]

    class Opened(Message):
        """A symbol is to be shown; `among` are those of the wall."""

        def __init__(self, symbol: str, among: Sequence[str]) -> None:
            super().__init__()
            self.symbol = symbol
            self.among = among

    def __init__(self, state: AppState, first: Callable[[], Sequence[str]]) -> None:
        super().__init__(state, id="wall")
        self._first = first
        self._list = state.preferences.shown_list
        self.tabs = TabsLine(state, id="tabs")
        self.grid = WallGrid(state)
        self.wall = self.grid.wall
        self._had_rows = False
        self.empty = Static("", id="empty")

    def compose(self) -> ComposeResult:
        """Status, whose charts these are and the periods, the charts."""
        yield self.status_line
        yield self.tabs
        yield self.grid
        yield self.empty
        yield self.notice
        yield self.footer
        yield from self.too_small()

    def on_mount(self) -> None:
        """The wall goes up where it was left."""
        self.state.choose(on_wall=True)
        self._show()

    def leave(self) -> None:
        """Go back; the next start does not begin here."""
        self.state.choose(on_wall=False)
        super().leave()

    def beat(self, touched: set[str]) -> None:
        """Take in what changed, and bring it on the screen."""
        if not self._had_rows and self.state.live.rows:
            self._had_rows = True
            self._first()  # begun on the wall, the table below has counted none yet
        if not self.state.is_frozen:
            self.grid.beat(touched)
        self._show()

    def repaint(self) -> None:
        """Draw everything again, in other colours; bars that came while another screen was above are fetched."""
        super().repaint()
        self.grid.catch_up()
        self._show()

    def period_changed(self) -> None:
        """Other series."""
        self.grid.begin_again()
        self._show()

    def on_wall_grid_reshaped(self) -> None:
        """More or fewer charts have room."""
        self._show()

    def on_wall_chart_loaded(self) -> None:
        """A chart's history has come."""
        self._show()

    def on_wall_chart_picked(self, message: WallChart.Picked) -> None:
        """A click moves the focus, a second one opens."""
        if message.symbol in self.wall.symbols:
            self.wall.focus_on(self.wall.symbols.index(message.symbol))
            self._show()
            if message.is_double:
                self.action_open()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The page before."""
        event.stop()
        self.action_page(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next page."""
        event.stop()
        self.action_page(1)

    def _show(self) -> None:
        """Choose, arrange and paint: whatever stays as it is costs nothing."""
        state = self.state
        marked = symbols_marked(state)
        in_place = not marked and not self.wall.symbols
        listed = symbols_listed(state, self._list) if in_place and self._list else ()
        self.wall.choose(marked, listed, self._first() if in_place else ())
        self.set_class(not self.wall.symbols, "empty")
        if self.grid.size:
            self.grid.arrange_charts()
            self.grid.paint(frozenset(marked), self._listed_on_view())
        self._refresh_lines()

    def _listed_on_view(self) -> frozenset[str]:
        chosen = self.state.preferences
        rows = [row for symbol in self.grid.on_view if (row := self.state.shown_market.rows.get(symbol)) is not None]
        listed = watchlists.symbols_of(chosen.watchlists, chosen.list_for_marks)
        return frozenset(row.symbol for row in watchlists.listed_rows(rows, listed))

    def _refresh_lines(self) -> None:
        state, shape = self.state, self.grid.shape
        self.status_line.show_status(state, subject=self.current or "")
        told = told_source(self.wall, self._list, shape)
        self.tabs.show_tabs(state, [Piece(f"{told} ", Role.DIM)], "")
        self.show_footer((*_KEYS[:2], _PAGE, *_KEYS[2:]) if self.wall.pages(shape) > 1 else _KEYS)
        if not self.wall.symbols:
            self.empty.update(self._empty_text())

    def _empty_text(self) -> str:
        if self.wall.source is Source.MARKS:
            return "Nothing is marked any more: esc goes back to the table, M marks there."
        return "There is no symbol yet to be shown."

    @property
    def current(self) -> str | None:
        """The symbol that has the focus."""
        return self.wall.focused

    @property
    def on_view(self) -> tuple[str, ...]:
        """The symbols on view."""
        return self.grid.on_view

    def action_back(self) -> None:
        """To the screen below."""
        self.leave()

    def action_top(self) -> None:
        """Home."""
        self.leave()

    def action_step(self, step: int) -> None:
        """The focus to a neighbour, over the page's end too."""
        self.wall.focus_on(self.wall.focus + step)
        self._show()

    def action_rows(self, rows: int) -> None:
        """The focus to the chart above or below."""
        after = self.wall.focus + rows * self.grid.shape.columns
        if 0 <= after < len(self.wall.symbols):
            self.action_step(after - self.wall.focus)

    def action_page(self, pages: int) -> None:
        """Another page."""
        self.wall.turn(pages, self.grid.shape)
        self._show()

    def action_edge(self, side: int) -> None:
        """The first or the last chart."""
        self.action_step(side * len(self.wall.symbols))

    def action_open(self) -> None:
        """Show the symbol that has the focus."""
        if self.current is not None:
            self.post_message(self.Opened(self.current, self.wall.symbols))

    def action_wall_mark(self) -> None:
        """Take the mark of the symbol away, and with it its chart; or mark it."""
        row = self.state.shown_market.rows.get(self.current or "")
        if row is not None:
            self.wall.keep()
            toggle_mark(self.state, row)
            self._show()

    def action_unmark(self) -> None:
        """Take every mark away."""
        remove_marks(self.state, lambda text: self.notify(text, timeout=3))
        self._show()

    def action_zoom(self, step: int) -> None:
        """Broader or narrower candles, of every chart."""
        self.grid.zoom(step)
        self._show()

    def action_log_scale(self) -> None:
        """Equal ratios or equal differences of prices equally far apart."""
        self.state.choose(log_scale=not self.state.preferences.log_scale)
        self.grid.redraw()
        self._show()

    def action_freeze(self) -> None:
        """Freeze the screen, or go on."""
        if self.state.is_frozen:
            self.state.unfreeze()
        else:
            self.state.freeze()
        self.repaint()
