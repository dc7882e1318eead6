"""The chart beside the table: the symbol under the cursor, its bar in a line, its candles."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.screens.widgets.pieces import Pieces
from klagg_tui.view.detail import bar_line, bare_line
from klagg_tui.view.role import Piece, Role


class ChartPane(Vertical):
    """Follows a symbol; what is drawn of it at once is the bar under way, its history a moment later."""

    DEFAULT_CSS = """
    ChartPane { width: 1fr; border-left: solid $border-blurred; }
    ChartPane #chart-bar { height: 1; }
    """

    def __init__(self, state: AppState) -> None:
        super().__init__(id="pane")
        self.state = state
        self.line = Pieces(state, id="chart-bar")
        self.chart = LiveChart(state)

    def compose(self) -> ComposeResult:
        """The bar, and the candles."""
        yield self.line
        yield self.chart

    @property
    def symbol(self) -> str:
        """The one that is drawn; empty: none is."""
        return self.chart.symbol

    def follow(self, symbol: str, beside: Sequence[str] = ()) -> None:
        """Draw this symbol from now on; "": none. `beside`: those that the next key may lead to."""
        if symbol != self.symbol:
            self._begin(symbol)
            self.chart.prepare(beside)

    def _begin(self, symbol: str) -> None:
        self.chart.begin(symbol)
        self.show_bar()

    def beat(self, touched: set[str]) -> None:
        """Take in its new bars, and what is told of it beside its trades."""
        self.chart.beat(touched)
        if self.symbol in touched:
            self.show_bar()

    def redraw(self) -> None:
        """Draw everything again: another period, other colours, a frozen market."""
        series = self.chart.series
        if self.symbol and series is not None and series.period is not self.state.period:
            self._begin(self.symbol)
        elif self.symbol:
            self.chart.take_current()
            self.show_bar()
        self.line.refresh()

    def moved(self) -> None:
        """The crosshair, or what is on view, moved."""
        self.show_bar()
        self.chart.load_what_comes_into_view()

    def show_bar(self) -> None:
        """Tell of the bar under the crosshair, otherwise of the newest."""
        chart = self.chart
        title = [Piece(f" {self.symbol} {self.state.period}", Role.TITLE)] if self.symbol else []
        bar, row = chart.current_bar, chart.row
        told = bar_line(bar, chart.decimals) if bar is not None else []
        if bar is None and row is not None:
            told = bare_line(row, self.state.period)
        self.line.show([[*title, *told]])
