"""The candle chart as a widget: `view.candles` decides what is drawn, here is which bars are on view."""

from __future__ import annotations

from bisect import bisect_right

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line_widget import LineWidget
from klagg_tui.view.candles import STEPS, Chart, Picture, draw
from klagg_tui.view.role import Role
from klagg_tui.view.series import Series

_WHEEL = 4
"""Candles a turn of the wheel."""


class CandleChart(LineWidget):
    """Candles of one series; `end` and `cross` are indexes into its bars."""

    DEFAULT_CSS = """
    CandleChart { width: 1fr; height: 1fr; background: $background; }
    """

    class Moved(Message):
        """The crosshair or the view moved."""

    def __init__(self, state: AppState, *, id: str = "chart") -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.state = state
        self.series: Series | None = None
        self.decimals = 0
        self.end: int | None = None
        self.cross: int | None = None
        self._zoom = 1
        self._picture: Picture | None = None

    def show(self, series: Series, decimals: int) -> None:
        """Draw another series from its newest bar."""
        self.series, self.decimals = series, decimals
        self.end = self.cross = None
        self.redraw()

    def redraw(self) -> None:
        """The bars, the theme or the choices changed."""
        self._picture = None
        self.refresh()

    def shift(self, count: int) -> None:
        """So many older bars came: what is on view has other indexes."""
        if self.cross is not None:
            self.cross += count
        if self.end is not None:
            self.end += count
        self.redraw()

    @property
    def picture(self) -> Picture:
        """What is on view."""
        if self._picture is None:
            chosen = self.state.preferences
            bars = self.series.bars if self.series is not None else []
            chart = Chart(
                width=self.size.width,
                height=self.size.height,
                period=self.state.period,
                decimals=self.decimals,
                step=STEPS[self._zoom],
                end=self.end,
                cross=self.cross,
                indicators=chosen.indicators,
                local_time=chosen.local_time,
                is_log=chosen.log_scale,
                lines=self._alert_prices(),
            )
            self._picture = draw(bars, chart)
        return self._picture

    def _alert_prices(self) -> tuple[Exact, ...]:
        row = self.state.live.rows.get(self.series.symbol) if self.series is not None else None
        return () if row is None else self.state.marks.prices(row)

    @property
    def current_bar(self) -> Bar | None:
        """The bar under the crosshair, otherwise the newest."""
        if self.series is None or not self.series.bars:
            return None
        bars = self.series.bars
        return bars[self.cross] if self.cross is not None and self.cross < len(bars) else bars[-1]

    @property
    def wants_older(self) -> bool:
        """Whether the left edge is near the oldest bar that is loaded."""
        return self.series is not None and self.series.reaches_back and self.picture.first <= 100

    def render_line(self, y: int) -> Strip:
        """One row of the picture."""
        styles = self.state.palette.plain
        rows = self.picture.rows
        width = self.size.width
        if self.picture.scale is None and y == self.size.height // 2:
            text = "  no bars of this period yet …"
            return Strip([Segment(text, styles[Role.DIM])]).adjust_cell_length(width, styles[Role.TEXT])
        if y >= len(rows):
            return Strip.blank(width, styles[Role.TEXT])
        return Strip([Segment(text, styles[role]) for text, role in rows[y]], width)

    def on_resize(self) -> None:
        """Another size holds other bars."""
        self.redraw()

    # Which bars are on view.

    def move_cross(self, step: int) -> None:
        """The crosshair to a neighbouring bar; the view follows it."""
        if self.series is None or not self.series.bars:
            return
        newest = len(self.series.bars) - 1
        at = newest if self.cross is None and step < 0 else (self.cross if self.cross is not None else newest)
        self.cross = max(0, min(newest, at + step))
        picture = self.picture
        if self.cross < picture.first:
            self._show_until(self.cross + picture.bars)
        elif self.cross >= picture.first + picture.bars:
            self._show_until(self.cross + 1)
        self._moved()

    def scroll_bars(self, step: int) -> None:
        """The view by so many bars; to the right of the newest there is nothing."""
        if self.series is not None and self.series.bars:
            end = len(self.series.bars) if self.end is None else self.end
            self._show_until(end + step)
            self._moved()

    def scroll_pages(self, pages: int) -> None:
        """The view by screenfuls."""
        self.scroll_bars(pages * max(1, self.picture.bars - 2))

    def to_edge(self, side: int) -> None:
        """The oldest loaded bars, or the newest."""
        self.cross = None
        self._show_until(self.picture.bars if side < 0 else None)
        self._moved()

    def show_at(self, moment_ms: int) -> None:
        """Put the crosshair on the bar that holds this moment, or the loaded one nearest to it, amid the others."""
        bars = self.series.bars if self.series is not None else []
        if bars:
            self.cross = max(0, bisect_right(bars, moment_ms, key=lambda bar: bar.open_ms) - 1)
            self._show_until(self.cross + 1 + self.picture.bars // 2)
            self._moved()

    def _show_until(self, end: int | None) -> None:
        total = len(self.series.bars) if self.series is not None else 0
        # At the newest bar the view goes on with the market.
        self.end = None if end is None or end >= total else max(min(total, self.picture.bars), end)

    def zoom(self, step: int) -> None:
        """Broader or narrower candles."""
        self._zoom = max(0, min(len(STEPS) - 1, self._zoom + step))
        self._moved()

    def hide_cross(self) -> bool:
        """Take the crosshair away; whether there was one."""
        was_there, self.cross = self.cross is not None, None
        self._moved()
        return was_there

    def _moved(self) -> None:
        self.redraw()
        self.post_message(self.Moved())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The crosshair follows the pointer."""
        at = self.picture.bar_at(event.x, STEPS[self._zoom])
        if at is not None and at != self.cross:
            self.cross = at
            self._moved()

    def on_leave(self) -> None:
        """The crosshair leaves with the pointer."""
        if self.cross is not None:
            self.hide_cross()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Into the past, or closer with ctrl."""
        event.stop()
        self.zoom(1) if event.ctrl else self.scroll_bars(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Towards now, or further away with ctrl."""
        event.stop()
        self.zoom(-1) if event.ctrl else self.scroll_bars(_WHEEL)
