"""One symbol: its candles, the bar looked at, every period, the last trades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message

from klagg_tui import formatting
from klagg_tui.errors import BadTime
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.chart_choices import ChartChoices
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.screens.marking import symbols_marked, toggle_mark
from klagg_tui.screens.widgets.header import TabsLine
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.screens.widgets.pieces import Pieces
from klagg_tui.timespec import FORMS, parse_time
from klagg_tui.view.alerts import Alert, Repeat
from klagg_tui.view.detail import bar_lines, bare_line, period_lines, tape_lines
from klagg_tui.view.marking import MARKED
from klagg_tui.view.model import Row
from klagg_tui.view.role import Piece, Role

SIDE_FROM: Final = 100
"""Cells of width from which on there is room beside the chart."""
_KEYS: Final = (
    ("←→", "crosshair", "screen.cross(-1)"),
    ("", "closer", "screen.zoom(1)"),
    ("", "wider", "screen.zoom(-1)"),
    ("", "indicators", "screen.indicators"),
    ("", "date", "screen.jump"),
    ("", "alert here", "screen.alert_here"),
    ("", "next", "screen.neighbour(1)"),
    ("", "back", "screen.back"),
    ("", "help", "app.help"),
)


class SymbolScreen(ChartChoices):
    """Made once and shown again for each symbol: to mount a screen takes longer than to draw it."""

    HELP_TITLE = "Symbol"
    DEFAULT_CSS = """
    SymbolScreen #bar { height: 2; }
    SymbolScreen #side { width: 38; border-left: solid $border-blurred; display: none; }
    SymbolScreen.wide #side { display: block; }
    SymbolScreen #periods { height: auto; }
    SymbolScreen #tape { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Hide the crosshair, then back to the table", id="back"),
        Binding("left,h", "cross(-1)", "Crosshair to the left", id="cross_left"),
        Binding("right,l", "cross(1)", "Crosshair to the right", id="cross_right"),
        Binding("shift+left,H", "scroll(-10)", "Scroll into the past", id="scroll_left"),
        Binding("shift+right,L", "scroll(10)", "Scroll towards now", id="scroll_right"),
        Binding("pageup,ctrl+b", "page(-1)", "A screenful into the past", id="chart_page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "A screenful towards now", id="chart_page_down"),
        Binding("home,g", "edge(-1)", "Oldest loaded bars", id="chart_home"),
        Binding("end,G", "edge(1)", "Now", id="chart_end"),
        Binding("plus,equals_sign,up", "zoom(1)", "Broader candles", id="zoom_in", key_display="+"),
        Binding("minus,down", "zoom(-1)", "Narrower candles", id="zoom_out", key_display="-"),
        Binding("J", "jump", "Jump to a date", id="jump"),
        Binding("n,j", "neighbour(1)", "Next symbol of the table", id="next_symbol"),
        Binding("N,k", "neighbour(-1)", "Previous symbol of the table", id="previous_symbol"),
        Binding("A", "alert_here", "An alert at the crosshair's price, for once", id="alert_here"),
        Binding("M", "wall_mark", "Mark for the wall of charts, or take the mark away", id="symbol_wall_mark"),
        Binding("b", "coin", "The same coin on every exchange", id="symbol_coin"),
    ]

    class CoinOpened(Message):
        """The same coin on every exchange is to be shown."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    def __init__(self, state: AppState) -> None:
        super().__init__(state, id="symbol")
        self.tabs = TabsLine(state, id="tabs")
        self.bar = Pieces(state, id="bar")
        self.chart = LiveChart(state)
        self.periods = Pieces(state, id="periods")
        self.tape = Pieces(state, id="tape")
        self.symbol = ""
        self._among: tuple[str, ...] = ()

    def show(self, symbol: str, among: Sequence[str]) -> None:
        """Show this symbol from now on; `among` are the symbols of the table, in its order, for n and N."""
        self.symbol = symbol
        self._among = tuple(among)
        if self.is_mounted:
            self._begin()

    def compose(self) -> ComposeResult:
        """Status, tabs, the bar in numbers, the chart, and beside it periods and tape."""
        yield self.status_line
        yield self.tabs
        yield self.bar
        with Horizontal():
            yield self.chart
            with Vertical(id="side"):
                yield self.periods
                yield self.tape
        yield self.notice
        yield self.footer
        yield from self.too_small()

    def on_mount(self) -> None:
        """Begin with the symbol, where there is one already."""
        self.periods.styles.height = len(self.state.feed.periods) + 2
        if self.symbol:
            self._begin()

    def leave(self) -> None:
        """Go back; nobody reads the tape any more."""
        self.state.feed.follow(None)
        super().leave()

    def on_resize(self, event: events.Resize) -> None:
        """There is room beside the chart, or not."""
        super().on_resize(event)
        self.set_class(event.size.width >= SIDE_FROM, "wide")

    @property
    def row(self) -> Row | None:
        """The symbol's row; None where it is no longer traded."""
        return self.state.shown_market.rows.get(self.symbol)

    def _begin(self) -> None:
        self.state.feed.follow(self.symbol)
        self.chart.begin(self.symbol)
        self.refresh_lines()

    def beat(self, touched: set[str]) -> None:
        """Take in the symbol's new bars."""
        self.chart.beat(touched)
        self.refresh_lines()

    def repaint(self) -> None:
        """Draw everything again, in other colours."""
        super().repaint()
        for drawn in self.query(Pieces):
            drawn.refresh()
        self.chart.redraw()
        if self.symbol:
            self.chart.take_current()
            self.refresh_lines()

    def period_changed(self) -> None:
        """Another series."""
        self._begin()

    def refresh_lines(self) -> None:
        """Bring lines and lists up to date."""
        state = self.state
        is_marked = self.symbol in symbols_marked(state)
        self.status_line.show_status(state, subject=f"{MARKED} {self.symbol}" if is_marked else self.symbol)
        self.tabs.show_tabs(state, self.legend(), state.filter.text)
        self.show_footer(_KEYS)
        row, bar = self.row, self.chart.current_bar
        local = state.preferences.local_time
        if row is None:
            self.bar.show([[Piece(f" no bars of {self.symbol} yet", Role.DIM)]])
            return
        self.bar.show([bare_line(row, state.period)] if bar is None else bar_lines(bar, row.decimals, local=local))
        if self.has_class("wide"):
            self.periods.show(period_lines(row, state.feed.periods, state.render_context, 36))
            if not state.is_frozen:
                trades = state.feed.tape(self.symbol)
                self.tape.show(tape_lines(trades, row.decimals, self.tape.size.height, local=local))

    def on_candle_chart_moved(self) -> None:
        """Tell of the bar under the crosshair; load what comes into view."""
        self.refresh_lines()
        self.chart.load_what_comes_into_view()

    def action_back(self) -> None:
        """First the crosshair goes, then the screen."""
        if not self.chart.hide_cross():
            self.leave()

    def action_top(self) -> None:
        """Home."""
        self.leave()

    def action_cross(self, step: int) -> None:
        """Crosshair to a neighbouring bar."""
        self.chart.move_cross(step)

    def action_scroll(self, step: int) -> None:
        """The view by some bars."""
        self.chart.scroll_bars(step)

    def action_page(self, pages: int) -> None:
        """The view by screenfuls."""
        self.chart.scroll_pages(pages)

    def action_edge(self, side: int) -> None:
        """The oldest loaded bars, or now."""
        self.chart.to_edge(side)

    def action_zoom(self, step: int) -> None:
        """Broader or narrower candles."""
        self.chart.zoom(step)

    def action_jump(self) -> None:
        """Show the bars around a date."""

        def error(text: str) -> str | None:
            try:
                self._moment(text)
            except BadTime as wrong:
                return str(wrong)
            return None

        def jump(text: str | None) -> None:
            if text is not None:
                self.chart.jump(self._moment(text))

        self.ask(Ask("Jump to a date", f"{FORMS}.", "", error, lambda _: None), jump)

    def _moment(self, text: str) -> int:
        return parse_time(text, self.state.now_ms, local=self.state.preferences.local_time)

    def action_alert_here(self) -> None:
        """Watch for the price under the crosshair to be reached, from the side where it is now."""
        row, bar = self.state.live.rows.get(self.symbol), self.chart.current_bar
        if row is None or row.last is None or bar is None or self.chart.cross is None or bar.close == row.last:
            self.notify("Put the crosshair on a bar at another price first: ← and →.", timeout=4)
            return
        sign = ">" if bar.close > row.last else "<"
        text = f"symbol={self.symbol} last{sign}{formatting.price(bar.close, row.decimals)}"
        now_ms = self.state.status.exchange_now_ms
        self.state.put_alert(Alert(text, str(self.state.period), Repeat.ONCE, made_ms=now_ms))
        self.notify(f"Once: {text}", title="◇ Alert", timeout=4)
        self.chart.redraw()

    def action_wall_mark(self) -> None:
        """Mark it for the wall, or take its mark away."""
        if self.row is not None:
            toggle_mark(self.state, self.row)
            self.refresh_lines()

    def action_coin(self) -> None:
        """Show its coin on every exchange."""
        self.post_message(self.CoinOpened(self.symbol))

    def action_neighbour(self, step: int) -> None:
        """Another symbol of the table."""
        if self._among:
            at = self._among.index(self.symbol) if self.symbol in self._among else 0
            self.symbol = self._among[(at + step) % len(self._among)]
            self._begin()
