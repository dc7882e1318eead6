"""The charts of the wall beside and above each other, placed by `view.wall`."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from textual.app import ComposeResult
from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.wall_chart import Look, WallChart
from klagg_tui.view.candles import STEPS
from klagg_tui.view.wall import MOST, Shape, Wall, cells_of, shape_for

_NO_MARGIN = Spacing()


class WallLayout(Layout):
    """Asks for the shape as it lays out, so that no frame is painted with the shape of another size."""

    name = "wall"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """The charts on view in their cells; the others have no place."""
        del children, greedy
        grid = cast(WallGrid, parent)
        shape = grid.shape_at(size)
        charts = (grid.chart_of(symbol) for symbol in grid.wall.on_view(shape))
        return [
            WidgetPlacement(Region(*cell), NULL_OFFSET, _NO_MARGIN, chart)
            for cell, chart in zip(cells_of(shape, size.width, size.height), charts, strict=False)
            if chart is not None
        ]


class WallGrid(Widget):
    """Nine charts, each with the symbol that it was given until another one needs it: what moves is not loaded again."""

    DEFAULT_CSS = """
    WallGrid { width: 1fr; height: 1fr; background: $background; }
    """

    class Reshaped(Message):
        """There is room for more or fewer charts."""

    def __init__(self, state: AppState) -> None:
        super().__init__(id="grid")
        self.state = state
        self.wall = Wall()
        self.charts = [WallChart(state, id=f"chart-{number}") for number in range(MOST)]
        self._layout = WallLayout()
        self._placed: tuple[Shape, tuple[str, ...]] = (Shape(1, 1), ())

    def compose(self) -> ComposeResult:
        """The charts."""
        yield from self.charts

    @property
    def layout(self) -> Layout:
        """Ours: styles know only Textual's."""
        return self._layout

    def shape_at(self, size: Size) -> Shape:
        """How the charts stand in an area of that size."""
        return shape_for(len(self.wall.symbols), size.width, size.height)

    @property
    def shape(self) -> Shape:
        """How they stand now."""
        return self.shape_at(self.size)

    @property
    def on_view(self) -> tuple[str, ...]:
        """The symbols on view, in reading order."""
        return self.wall.on_view(self.shape)

    def chart_of(self, symbol: str) -> WallChart | None:
        """The chart of that symbol, where one has it."""
        return next((chart for chart in self.charts if chart.symbol == symbol), None)

    def arrange_charts(self) -> None:
        """Give each symbol on view a chart; lay out anew where others are on view, or in other places."""
        on_view = self.on_view
        free = [chart for chart in self.charts if chart.symbol not in on_view]
        # First those that have none, then those whose symbol is gone: a symbol of another page may soon be wanted again.
        free.sort(key=lambda chart: (chart.symbol != "", chart.symbol in self.wall.symbols))
        for symbol in on_view:
            if self.chart_of(symbol) is None:
                free.pop(0).begin(symbol)
        if (self.shape, on_view) != self._placed:
            self._placed = (self.shape, on_view)
            self.charts[0].refresh(layout=True)  # a widget's own arrangement is kept until a child asks for another

    def begin_again(self) -> None:
        """Another period: every chart anew, those that are not on view only when they come there."""
        for chart in self.charts:
            chart.begin(chart.symbol if chart.symbol in self.on_view else "")

    def zoom(self, step: int) -> None:
        """Broader or narrower candles, of every chart alike."""
        shown = self.chart_of(self.wall.focused or "")
        if shown is not None:
            breadth = max(0, min(len(STEPS) - 1, shown.breadth + step))
            for chart in self.charts:
                chart.chosen_breadth = breadth
                chart.redraw()

    def beat(self, touched: set[str]) -> None:
        """Take in new bars, also of charts that are not on view."""
        for chart in self.charts:
            if chart.symbol:
                chart.beat(touched)

    def paint(self, marked: Collection[str], listed: Collection[str]) -> None:
        """Bring on the screen what differs."""
        for symbol in self.on_view:
            chart = self.chart_of(symbol)
            if chart is not None:
                chart.paint(Look(symbol == self.wall.focused, symbol in marked, symbol in listed))

    def redraw(self) -> None:
        """Other colours or choices: every chart has another picture."""
        for chart in self.charts:
            chart.repaint()

    def catch_up(self) -> None:
        """Bars may have come that nobody took in: draw everything again, and begin anew with what is behind."""
        on_view = self.on_view
        for chart in self.charts:
            if chart.is_behind:
                chart.begin(chart.symbol if chart.symbol in on_view else "")
            elif chart.symbol:
                chart.take_current()
        self.redraw()

    def on_resize(self) -> None:
        """More or fewer charts may have room."""
        self.post_message(self.Reshaped())
