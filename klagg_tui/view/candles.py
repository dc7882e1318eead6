"""The candle chart: a pure function from bars to rows of cells.

Candles are drawn in half rows. A candle stays within its own columns, its high on the row of the high, its low on the
row of the low. Layout: prices right, times below, above these the panes, then the volume; over the candles a row for values in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.view.axes import PriceScale, price_ticks, scale_of, time_ticks
from klagg_tui.view.canvas import Canvas
from klagg_tui.view.curves import LEVELS, Plot, draw_curve, draw_pane, legend_pieces, write_pieces
from klagg_tui.view.indicators.indicator import Curve, Indicator
from klagg_tui.view.indicators.registry import OVER, PANES
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.sparkline import BLOCKS

STEPS: Final = (1, 2, 4, 6)
"""Columns a candle takes, blank included: the zoom levels."""
BODIES: Final = {1: 1, 2: 1, 4: 3, 6: 5}
"""Columns of its body."""
LEAST_WIDTH: Final = 20
LEAST_HEIGHT: Final = 6

_REACH: Final = 25 * 60
"""Bars before those on view that their indicators are made from: a whole day of minutes, and what no average remembers any more."""
_LEAST_PANE: Final = 4
"""Rows of a pane with its values in words."""
_BEHIND: Final = f" ┈╌{LEVELS}"
"""What gives way to a line across."""


@dataclass(frozen=True, slots=True)
class Chart:
    """How bars are to be drawn."""

    width: int
    height: int
    period: Period
    decimals: int = 2
    step: int = 2
    """One of `STEPS`."""
    end: int | None = None
    """How many of the bars are drawn or before the drawn ones; None: up to the newest."""
    cross: int | None = None
    """Index of the bar under the crosshair."""
    indicators: tuple[str, ...] = ()
    """Keys of those that are shown."""
    local_time: bool = False
    is_log: bool = False
    """Whether equal ratios of prices are equally far apart."""
    lines: tuple[Exact, ...] = ()
    """Prices that are marked by a line."""


class Picture(NamedTuple):
    """What was drawn, and where."""

    rows: list[list[Piece]]
    first: int
    """Index of the leftmost bar drawn."""
    bars: int
    """How many are drawn."""
    plot_width: int
    scale: PriceScale | None
    left: int = 0
    """Columns before the first bar: fewer bars than there is room for stand at the right, where now is."""

    def bar_at(self, x: int, step: int) -> int | None:
        """Index of the bar that column belongs to."""
        index = self.first + (x - self.left) // step
        return index if self.left <= x < self.plot_width and index < self.first + self.bars else None


def capacity(chart: Chart, axis: int) -> int:
    """How many candles there is room for beside a price axis of `axis` columns."""
    return max(0, (chart.width - axis) // chart.step)


def draw(bars: Sequence[Bar], chart: Chart) -> Picture:
    """The chart of these bars, oldest first; those without a price are left out of it."""
    canvas = Canvas(chart.width, chart.height)
    if chart.width < LEAST_WIDTH or chart.height < LEAST_HEIGHT or not any(bar.close for bar in bars):
        return Picture(canvas.rows(), 0, 0, 0, None)
    axis = max(len(formatting.price(bar.high, chart.decimals)) for bar in bars[-200:]) + 2
    count = capacity(chart, axis)
    end = min(len(bars), max(1, len(bars) if chart.end is None else chart.end))
    first = max(0, end - count)
    shown = bars[first:end]
    priced = [bar for bar in shown if bar.low] or [bar for bar in bars if bar.low]
    volume_rows = 0 if chart.height < 12 else max(2, chart.height // 6)
    panes, pane_rows = _fitting_panes(chart, chart.height - 1 - volume_rows)
    rows = chart.height - 1 - volume_rows - len(panes) * pane_rows
    scale = scale_of(priced, rows, has_headroom=chart.height >= 12, is_log=chart.is_log)
    width = chart.width - axis
    left = (count - len(shown)) * chart.step
    plot = Plot(left, chart.step, BODIES[chart.step], width)
    told = (chart.cross if chart.cross is not None and first <= chart.cross < end else end - 1) - first
    _grid(canvas, scale, chart, width)
    over = _computed(OVER, bars, slice(first, end), chart)
    # Behind the candles, so that these stay whole; of each indicator the first line comes out on top.
    for indicator, curves in over:
        for line, curve in reversed(list(zip(indicator.lines, curves, strict=True))):
            draw_curve(canvas, curve, plot, 0, scale.rows, scale.quarter, line.role)
    for index, bar in enumerate(shown):
        if bar.low:
            _candle(canvas, left + index * chart.step, bar, scale, BODIES[chart.step])
    _volumes(canvas, shown, chart, scale.rows, volume_rows, left)
    for number, (pane, curves) in enumerate(_computed(panes, bars, slice(first, end), chart)):
        legend = legend_pieces(pane, [curve[told] for curve in curves], chart.decimals)
        draw_pane(canvas, pane, curves, plot, scale.rows + volume_rows + number * pane_rows, pane_rows, legend)
    _times(canvas, shown, chart, width, left)
    _price_lines(canvas, chart, scale, width)
    _last_price(canvas, bars[-1], chart, scale, width)
    if chart.cross is not None and first <= chart.cross < end:
        _cross(canvas, shown[chart.cross - first], left + (chart.cross - first) * chart.step, chart, scale, width)
    if scale.has_headroom:
        pieces = [
            each for one, curves in over for each in legend_pieces(one, [c[told] for c in curves], chart.decimals)
        ]
        write_pieces(canvas, 0, 0, pieces, width)
    return Picture(canvas.rows(), first, len(shown), width, scale, left)


def _fitting_panes(chart: Chart, rows: int) -> tuple[list[Indicator], int]:
    """The chosen panes that leave the candles half of `rows`, and how many rows each has."""
    chosen = [pane for pane in PANES if pane.key in chart.indicators]
    each = max(_LEAST_PANE, chart.height // 7)
    fitting = min(len(chosen), rows // 2 // each)
    if fitting < len(chosen):
        each = _LEAST_PANE
        fitting = min(len(chosen), rows // 2 // each)
    return chosen[:fitting], each


def _computed(
    indicators: Sequence[Indicator], bars: Sequence[Bar], shown: slice, chart: Chart
) -> list[tuple[Indicator, list[Curve]]]:
    since = max(0, shown.start - _REACH)
    computed_from, drawn_from = bars[since : shown.stop], shown.start - since
    return [
        (indicator, [line.compute(computed_from, chart.period)[drawn_from:] for line in indicator.lines])
        for indicator in indicators
        if indicator.key in chart.indicators
    ]


def _grid(canvas: Canvas, scale: PriceScale, chart: Chart, plot: int) -> None:
    for row, text in price_ticks(scale, chart.decimals):
        canvas.write(0, row, "┈" * plot, Role.GRID)
        canvas.write(plot + 1, row, text, Role.DIM)


def _candle(canvas: Canvas, x: int, bar: Bar, scale: PriceScale, body: int) -> None:
    """Wick and body in half rows, from the half of the high to the half of the low."""
    role = Role.GAIN if bar.close >= bar.open else Role.LOSS
    for row, letter, is_wide in _shape(*bar[3:7], scale, is_thin=body == 1):
        if is_wide:
            canvas.write(x, row, letter * body, role)
        else:
            canvas.put(x + body // 2, row, letter, role)


@lru_cache(maxsize=2_048)
def _shape(
    open_: Exact, high: Exact, low: Exact, close: Exact, scale: PriceScale, *, is_thin: bool
) -> tuple[tuple[int, str, bool], ...]:
    """Row, letter and whether the whole body has it; kept, for of most candles nothing changes from frame to frame."""
    top, bottom = scale.half(high), scale.half(low)
    above, below = scale.half(max(open_, close)), scale.half(min(open_, close))
    drawn = []
    for row in range(top // 2, bottom // 2 + 1):
        parts = [_part(half, top, above, below, bottom) for half in (2 * row, 2 * row + 1)]
        wide = " " if is_thin else _WIDE[parts[0] == _BODY, parts[1] == _BODY]
        drawn.append((row, wide, True) if wide != " " else (row, _THIN[parts[0], parts[1]], False))
    return tuple(drawn)


_NONE, _WICK, _BODY = 0, 1, 2
_THIN: Final = {
    (_NONE, _NONE): " ",
    (_NONE, _WICK): "╷",
    (_NONE, _BODY): "╻",
    (_WICK, _NONE): "╵",
    (_WICK, _WICK): "│",
    (_WICK, _BODY): "╽",
    (_BODY, _NONE): "╹",
    (_BODY, _WICK): "╿",
    (_BODY, _BODY): "┃",
}
_WIDE: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def _part(half: int, top: int, above: int, below: int, bottom: int) -> int:
    if above <= half <= below:
        return _BODY
    return _WICK if top <= half <= bottom else _NONE


def _volumes(canvas: Canvas, shown: Sequence[Bar], chart: Chart, top: int, rows: int, left: int) -> None:
    largest = max((bar.volume for bar in shown), default=0)
    if not rows or not largest:
        return
    for index, bar in enumerate(shown):
        role = Role.GAIN_VOLUME if bar.close >= bar.open else Role.LOSS_VOLUME
        if bar.state is State.PARTIAL:
            role = Role.WARN
        eighths = max(1, round(bar.volume * (rows - 0.5) * 8 / largest)) if bar.volume else 0
        for row in range(rows):
            level = min(8, eighths - row * 8)
            if level > 0:
                canvas.write(
                    left + index * chart.step, top + rows - 1 - row, BLOCKS[level - 1] * BODIES[chart.step], role
                )
    end = left + len(shown) * chart.step
    canvas.write(end + 1, top + (1 if rows > 2 else 0), formatting.short(exact.quantity_as_float(largest)), Role.FAINT)


def _times(canvas: Canvas, shown: Sequence[Bar], chart: Chart, plot: int, left: int) -> None:
    y = chart.height - 1
    for x, text in time_ticks(shown, chart.step, chart.period, local=chart.local_time):
        if left + x + len(text) <= plot:
            canvas.write(left + x, y, text, Role.DIM)


def _price_lines(canvas: Canvas, chart: Chart, scale: PriceScale, plot: int) -> None:
    """Behind the candles; what is beyond the highest and the lowest price is not drawn."""
    for price in chart.lines:
        if scale.low <= price <= scale.high:
            row = scale.row(price)
            for across in range(plot):
                if canvas.letter(across, row) in _BEHIND:
                    canvas.put(across, row, "╌", Role.MARK)
            text = f"◇{formatting.price(price, chart.decimals)}".ljust(chart.width - plot)
            canvas.write(plot, row, text, Role.MARK)


def _last_price(canvas: Canvas, bar: Bar, chart: Chart, scale: PriceScale, plot: int) -> None:
    if scale.low <= bar.close <= scale.high:
        role = Role.GAIN_FLASH if bar.close >= bar.open else Role.LOSS_FLASH
        text = f" {formatting.price(bar.close, chart.decimals)} ".ljust(chart.width - plot)
        canvas.write(plot, scale.row(bar.close), text, role)


def _cross(canvas: Canvas, bar: Bar, begin: int, chart: Chart, scale: PriceScale, plot: int) -> None:
    x = begin + BODIES[chart.step] // 2
    for y in range(chart.height - 1):
        if canvas.letter(x, y) in _BEHIND:
            canvas.put(x, y, "┊", Role.CROSS)
    row = scale.row(bar.close)
    for across in range(plot):
        if canvas.letter(across, row) in _BEHIND:
            canvas.put(across, row, "┄", Role.CROSS)
    canvas.write(plot, row, f"╴{formatting.price(bar.close, chart.decimals)}", Role.CROSS)
    text = formatting.date_time(bar.open_ms, local=chart.local_time)
    at = max(0, min(plot - len(text), x - len(text) // 2))
    _clear_words(canvas, at - 1, at + len(text), chart.height - 1)
    canvas.write(max(0, at - 1), chart.height - 1, f" {text} ", Role.CROSS)


def _clear_words(canvas: Canvas, begin: int, end: int, y: int) -> None:
    """Blanks from `begin` to `end`, and over the rest of any word that is cut by it."""
    while canvas.letter(begin, y) != " ":
        begin -= 1
    while canvas.letter(end, y) != " ":
        end += 1
    canvas.write(max(0, begin), y, " " * (end - max(0, begin)), Role.TEXT)
