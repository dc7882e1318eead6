"""The candle chart as a widget: `view.candles` decides what is drawn, here is which bars are on view."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line_widget import LineWidget
from klagg_tui.view.candles import STEPS, Chart, Picture, draw
from klagg_tui.view.contract_history import ContractHistory
from klagg_tui.view.indicators.anchored import anchored_bar
from klagg_tui.view.indicators.vwap import VWAP
from klagg_tui.view.role import Role
from klagg_tui.view.series import Series

BLANKS_FROM: Final = 120
"""Columns of the terminal from which on a blank stands behind each candle, unless somebody chose otherwise."""
MOST_FOR_ANCHOR: Final = 5_000
"""Bars past which none are loaded because a VWAP is anchored before them."""
_AHEAD: Final = 100
"""Bars before those on view that are loaded before somebody goes there."""
_WHEEL: Final = 4
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
        self.contract: ContractHistory | None = None
        """What was told of the contract on view; None where nobody tells that."""
        self.has_vwap = True
        """Whether turnover by volume is a price: of contracts that are counted it is what one of them is worth."""
        self._zoom: int | None = None
        """Place in `STEPS`; None: as broad as there is room for."""
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
    def step(self) -> int:
        """Columns a candle takes."""
        return STEPS[self._place]

    @property
    def _place(self) -> int:
        if self._zoom is not None:
            return self._zoom
        return 1 if self.app.size.width >= BLANKS_FROM else 0

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
                step=self.step,
                end=self.end,
                cross=self.cross,
                indicators=tuple(entry for entry in chosen.entries if self.has_vwap or entry != VWAP.entry),
                local_time=chosen.local_time,
                is_log=chosen.log_scale,
                lines=self._alert_prices(),
                anchored_ms=self.anchored_ms if self.has_vwap else None,
                contract=self.contract,
            )
            self._picture = draw(bars, chart)
        return self._picture

    def _alert_prices(self) -> tuple[Exact, ...]:
        row = self.state.live.rows.get(self.series.symbol) if self.series is not None else None
        return () if row is None else self.state.marks.prices(row)

    @property
    def anchored_ms(self) -> int | None:
        """When the bar opened at which the VWAP of this symbol is anchored."""
        return None if self.series is None else self.state.anchors.get(self.series.symbol)

    def anchor_vwap(self) -> int | None:
        """Anchor a VWAP at the crosshair, or at the first bar on view; there already, take it away. Returns where it is now."""
        if self.series is None or not self.series.bars:
            return None
        bars = self.series.bars
        at = self.cross if self.cross is not None and self.cross < len(bars) else self.picture.first
        before = None if self.anchored_ms is None else anchored_bar(self.anchored_ms, bars)
        if before == at:
            self.state.anchors.pop(self.series.symbol)
        else:
            self.state.anchors[self.series.symbol] = bars[at].open_ms
        self.redraw()
        return self.anchored_ms

    @property
    def current_bar(self) -> Bar | None:
        """The bar under the crosshair, otherwise the newest."""
        if self.series is None or not self.series.bars:
            return None
        bars = self.series.bars
        return bars[self.cross] if self.cross is not None and self.cross < len(bars) else bars[-1]

    @property
    def wants_older(self) -> bool:
        """Whether the left edge is near the oldest bar that is loaded, or what is drawn lacks bars before that one."""
        series = self.series
        if series is None or not series.reaches_back:
            return False
        return self.picture.first <= max(_AHEAD, self._longest) or self._lacks_anchor

    @property
    def _longest(self) -> int:
        """Bars before one on view without which something drawn there is not known."""
        chosen = self.state.preferences
        shown = [one for one in chosen.all_indicators if one.key in chosen.indicators]
        return int(max((length for one in shown for length in one.lengths), default=0))

    @property
    def _lacks_anchor(self) -> bool:
        bars = self.series.bars if self.series is not None else []
        at = self.anchored_ms
        return at is not None and bool(bars) and at < bars[0].open_ms and len(bars) < MOST_FOR_ANCHOR

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
        self._zoom = max(0, min(len(STEPS) - 1, self._place + step))
        self._moved()

    def hide_cross(self) -> bool:
        """Take the crosshair away; whether there was one."""
        was_there, self.cross = self.cross is not None, None
        self._moved()
        return was_there

    def rechosen(self) -> None:
        """Other indicators are to be drawn: they may need older bars than the others did."""
        self._moved()

    def _moved(self) -> None:
        self.redraw()
        self.post_message(self.Moved())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The crosshair follows the pointer."""
        at = self.picture.bar_at(event.x, self.step)
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
