"""One symbol: its candles, the bar looked at, every period, the last trades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from klagg_tui.feed import FeedUpdate
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.widgets.chart import CandleChart
from klagg_tui.screens.widgets.header import TabsLine
from klagg_tui.screens.widgets.line import Clickable
from klagg_tui.screens.widgets.pieces import Pieces
from klagg_tui.view.candles import AVERAGES
from klagg_tui.view.detail import bar_lines, period_lines, tape_lines
from klagg_tui.view.model import Row
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.series import Series

LOADED_AT_ONCE: Final = 500
SIDE_FROM: Final = 100
"""Cells of width from which on there is room beside the chart."""
_KEYS: Final = (
    ("←→", "crosshair", "screen.cross(-1)"),
    ("", "closer", "screen.zoom(1)"),
    ("", "wider", "screen.zoom(-1)"),
    ("", "averages", "screen.averages"),
    ("", "VWAP", "screen.vwap"),
    ("", "next", "screen.neighbour(1)"),
    ("", "back", "screen.back"),
    ("", "help", "app.help"),
)


class SymbolScreen(KlaggScreen):
    """Made once and shown again for each symbol: to mount a screen takes longer than to draw it."""

    NAME_FOR_PEOPLE = "Symbol"
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
        Binding("a", "averages", "Moving averages on or off", id="averages"),
        Binding("w", "vwap", "Volume-weighted price on or off", id="vwap"),
        Binding("n,j", "neighbour(1)", "Next symbol of the table", id="next_symbol"),
        Binding("N,k", "neighbour(-1)", "Previous symbol of the table", id="previous_symbol"),
    ]

    def __init__(self, desk: AppState) -> None:
        super().__init__(desk, id="symbol")
        self.tabs = TabsLine(desk, id="tabs")
        self.bar = Pieces(desk, id="bar")
        self.chart = CandleChart(desk)
        self.periods = Pieces(desk, id="periods")
        self.tape = Pieces(desk, id="tape")
        self.symbol = ""
        self._among: tuple[str, ...] = ()
        self._series = Series("", desk.period)

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
        yield self.foot
        yield from self.too_small()

    def on_mount(self) -> None:
        """Begin with the symbol, where there is one already."""
        self.periods.styles.height = len(self.desk.feed.periods) + 2
        if self.symbol:
            self._begin()

    def leave(self) -> None:
        """Go back; nobody reads the tape any more."""
        self.desk.feed.follow(None)
        super().leave()

    def on_resize(self, event: events.Resize) -> None:
        """There is room beside the chart, or not."""
        super().on_resize(event)
        self.set_class(event.size.width >= SIDE_FROM, "wide")

    @property
    def row(self) -> Row | None:
        """The symbol's row; None where it is no longer traded."""
        return self.desk.picture.rows.get(self.symbol)

    def _begin(self) -> None:
        self.desk.feed.follow(self.symbol)
        self._series = Series(self.symbol, self.desk.period)
        self._take_current()
        self.chart.show(self._series, self.row.decimals if self.row else 2)
        self.load_older()
        self.tell()

    def _take_current(self) -> None:
        bar = self.row.bar(self.desk.period) if self.row else None
        self._series.take([bar] if bar is not None else [])

    @work(exclusive=True, group="history")
    async def load_older(self) -> None:
        """Load the bars before the loaded ones, as one goes."""
        series = self._series
        before_ms = series.bars[0].open_ms if series.bars else None
        older = await self.desk.feed.history(series.symbol, series.period, before_ms, LOADED_AT_ONCE)
        if series is self._series:
            self.chart.came_in_front(series.take_history(older, LOADED_AT_ONCE))
            self.tell()

    def beat(self, touched: set[str]) -> None:
        """Take in the symbol's new bars."""
        if self.symbol in touched and not self.desk.is_frozen:
            # Fetched history comes here too, in front of what is looked at.
            inserted = self._series.take((self.desk.changes or FeedUpdate()).changes.ended)
            self._take_current()
            self.chart.came_in_front(inserted)
        self.tell()

    def repaint(self) -> None:
        """Draw everything anew, in other colours."""
        super().repaint()
        for drawn in self.query(Pieces):
            drawn.refresh()
        self.chart.redraw()
        if self.symbol:
            self._take_current()
            self.tell()

    def period_changed(self) -> None:
        """Another series."""
        self._begin()

    def tell(self) -> None:
        """Bring lines and lists up to date."""
        desk = self.desk
        self.status_line.tell(desk, subject=self.symbol)
        self.tabs.tell(desk, self._legend(), desk.filter.text)
        self.tell_foot(_KEYS)
        row, bar = self.row, self.chart.looked_at
        local = desk.remembered.local_time
        if row is None or bar is None:
            self.bar.show([[Piece(f" no bars of {self.symbol} yet", Role.DIM)]])
            return
        self.bar.show(bar_lines(bar, row.decimals, local=local))
        if self.has_class("wide"):
            self.periods.show(period_lines(row, desk.feed.periods, desk.look, 36))
            if not desk.is_frozen:
                trades = desk.feed.tape(self.symbol)
                self.tape.show(tape_lines(trades, row.decimals, self.tape.size.height, local=local))

    def _legend(self) -> list[Piece]:
        chosen = self.desk.remembered
        pieces: list[Piece] = []
        for count, role in AVERAGES:
            pieces.append(Clickable(f" ─ {count} ", role if chosen.averages else Role.FAINT, "screen.averages"))
        pieces.append(Clickable(" ─ VWAP ", Role.MARK if chosen.vwap else Role.FAINT, "screen.vwap"))
        return pieces

    def on_candle_chart_looked(self) -> None:
        """Tell of the bar under the crosshair; load what comes into view."""
        self.tell()
        if self.chart.wants_older:
            self.load_older()

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

    def action_averages(self) -> None:
        """On or off."""
        self.desk.choose(averages=not self.desk.remembered.averages)
        self.chart.redraw()
        self.tell()

    def action_vwap(self) -> None:
        """On or off."""
        self.desk.choose(vwap=not self.desk.remembered.vwap)
        self.chart.redraw()
        self.tell()

    def action_neighbour(self, step: int) -> None:
        """Another symbol of the table."""
        if self._among:
            at = self._among.index(self.symbol) if self.symbol in self._among else 0
            self.symbol = self._among[(at + step) % len(self._among)]
            self._begin()
