"""A table with the chart of its symbol beside it."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.widgets.chart_pane import ChartPane
from klagg_tui.screens.widgets.table import MarketTable
from klagg_tui.view.preferences import CHART, LAYOUTS, SPLIT, TABLE

SPLIT_FROM: Final = 160
"""Cells of width from which on there is room for table and chart beside each other."""
SEVERAL_FROM: Final = 110
"""The same for a large chart beside a list of several exchanges: each row names its own."""


class SplitScreen(KlaggScreen):
    """Table alone, table and chart, or chart and a short list; the table has the keys in each of them."""

    DEFAULT_CSS = """
    SplitScreen > Horizontal { height: 1fr; }
    SplitScreen #rows { width: 1fr; }
    SplitScreen.chart #rows { width: 44; }
    SplitScreen.chart.several #rows { width: 62; }
    SplitScreen ChartPane { display: none; }
    SplitScreen.split ChartPane, SplitScreen.chart ChartPane { display: block; }
    """

    def __init__(self, state: AppState, *, id: str) -> None:  # noqa: A002  # Textual's own name
        super().__init__(state, id=id)
        self.table = MarketTable(state)
        self.pane = ChartPane(state)

    def table_and_chart(self, above: Widget) -> ComposeResult:
        """What is divided; `above` stands over the rows of the table."""
        with Horizontal():
            with Vertical(id="rows"):
                yield above
                yield self.table
            yield self.pane

    @property
    def charted(self) -> str | None:
        """The symbol whose chart is on view."""
        return self.pane.symbol or None

    def divide(self, width: int) -> None:
        """Have the chart beside the table where it is chosen and there is room."""
        layout = self.state.preferences.layout
        if layout not in self._layouts(width):
            layout = TABLE
        for name in (SPLIT, CHART):
            self.set_class(layout == name, name)
        self.set_class(self._names_exchanges, "several")
        self.follow_cursor()

    @property
    def _names_exchanges(self) -> bool:
        """Whether the rows are of several exchanges."""
        return self.state.live.has_venues and not self.state.venue

    def _layouts(self, width: int) -> tuple[str, ...]:
        """Those that there is room for."""
        if width >= SPLIT_FROM:
            return LAYOUTS
        return (TABLE,) if self._names_exchanges and width < SEVERAL_FROM else (TABLE, CHART)

    def follow_cursor(self) -> None:
        """Chart the symbol under the cursor."""
        row = self.table.current
        is_shown = self.has_class(SPLIT) or self.has_class(CHART)
        if row is None or not is_shown:
            self.pane.follow("")
            return
        rows, at = self.table.rows, self.table.index
        self.pane.follow(row.symbol, [each.symbol for each in (*rows[at + 1 : at + 2], *rows[max(0, at - 1) : at])])

    def on_row_cursor_moved(self) -> None:
        """The chart follows the cursor."""
        self.follow_cursor()

    def on_candle_chart_moved(self) -> None:
        """Tell of the bar under the crosshair; load what comes into view."""
        self.pane.moved()

    def action_split(self) -> None:
        """Table, table and chart, list and chart; in a narrow terminal without the second, in a narrower one of several exchanges the first alone."""
        layouts = self._layouts(self.size.width)
        if layouts == (TABLE,):
            self.notify(
                f"A chart beside a list of several exchanges wants {SEVERAL_FROM} columns: open the symbol, or show one exchange alone.",
                timeout=5,
            )
        before = self.state.preferences.layout
        at = layouts.index(before) if before in layouts else 0
        self.state.choose(layout=layouts[(at + 1) % len(layouts)])
        self.divide(self.size.width)

    def action_cross(self, step: int) -> None:
        """The crosshair of the chart to a neighbouring bar."""
        self.pane.chart.move_cross(step)

    def action_zoom(self, step: int) -> None:
        """Broader or narrower candles."""
        self.pane.chart.zoom(step)
