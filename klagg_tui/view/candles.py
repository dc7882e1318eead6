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
from klagg_tui.view.axes import PriceScale, scale_of
from klagg_tui.view.candle_marks import draw_cross, draw_grid, draw_last_price, draw_price_lines, draw_times
from klagg_tui.view.canvas import Canvas
from klagg_tui.view.contract_history import ContractHistory
from klagg_tui.view.curves import Plot, draw_curve, draw_pane, legend_pieces, write_legends
from klagg_tui.view.indicators.anchored import anchored
from klagg_tui.view.indicators.entry import read_entry
from klagg_tui.view.indicators.indicator import Curve, Indicator
from klagg_tui.view.indicators.profile import PROFILE, Profile, columns_of, draw_profile, profile_of
from klagg_tui.view.indicators.registry import INDICATORS
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
_LEAST_AXIS: Final = 8
"""Columns: an amount in short, with a blank on both sides."""
_PANES_AXIS: Final = 10
"""The same beside panes, whose values may need more digits to be told apart."""


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
    """Those that are shown, as they are typed, with lengths that are not the usual ones: `rsi 21`."""
    local_time: bool = False
    is_log: bool = False
    """Whether equal ratios of prices are equally far apart."""
    lines: tuple[Exact, ...] = ()
    """Prices that are marked by a line."""
    anchored_ms: int | None = None
    """Since when the anchored VWAP is drawn."""
    contract: ContractHistory | None = None
    """What was told of the contract beside its trades; None where nobody tells that, and such panes are left out."""


class Picture(NamedTuple):
    """What was drawn, and where."""

    rows: list[list[Piece]]
    first: int
    """Index of the leftmost bar drawn."""
    bars: int
    """How many are drawn."""
    plot_width: int
    """Columns for bars."""
    scale: PriceScale | None
    left: int = 0
    """Columns before the first bar: fewer bars than there is room for stand at the right, where now is."""

    def bar_at(self, x: int, step: int) -> int | None:
        """Index of the bar that column belongs to."""
        index = self.first + (x - self.left) // step
        return index if self.left <= x < self.plot_width and index < self.first + self.bars else None


class _Frame(NamedTuple):
    """Which bars are drawn, and where everything stands."""

    first: int
    end: int
    plot: Plot
    scale: PriceScale
    volume_rows: int
    panes: list[Indicator]
    pane_rows: int


def draw(bars: Sequence[Bar], chart: Chart) -> Picture:
    """The chart of these bars, oldest first; those without a price are left out of it."""
    canvas = Canvas(chart.width, chart.height)
    if chart.width < LEAST_WIDTH or chart.height < LEAST_HEIGHT or not any(bar.close for bar in bars):
        return Picture(canvas.rows(), 0, 0, 0, None)
    chosen = _chosen(chart)
    frame = _framed(bars, chart, chosen)
    first, end, plot, scale, volume_rows, panes, pane_rows = frame
    shown = bars[first:end]
    told = (chart.cross if chart.cross is not None and first <= chart.cross < end else end - 1) - first
    draw_grid(canvas, scale, plot, chart.decimals)
    over = [(each, _curves(each, bars, frame, chart)) for each in chosen if not each.is_pane]
    # Behind the candles, so that these stay whole; of each indicator the first line comes out on top.
    for indicator, curves in over:
        for line, curve in reversed(list(zip(indicator.lines, curves, strict=True))):
            draw_curve(canvas, curve, plot, 0, scale.rows, scale.quarter, line.role)
    _candles(canvas, shown, scale, plot)
    _volumes(canvas, shown, plot, scale.rows, volume_rows)
    for number, pane in enumerate(panes):
        curves = _curves(pane, bars, frame, chart)
        legend = legend_pieces(pane, [curve[told] for curve in curves], chart.decimals)
        draw_pane(canvas, pane, curves, plot, scale.rows + volume_rows + number * pane_rows, pane_rows, legend)
    draw_times(canvas, shown, plot, chart.period, local=chart.local_time)
    draw_price_lines(canvas, chart.lines, scale, plot, chart.decimals)
    profile = profile_of(shown, scale) if plot.edge > plot.width else None
    if profile is not None:
        draw_profile(canvas, profile, plot.width, plot.edge - plot.width)
    draw_last_price(canvas, bars[-1], scale, plot, chart.decimals)
    if chart.cross is not None and first <= chart.cross < end:
        draw_cross(canvas, shown, chart.cross - first, scale, plot, chart.decimals, local=chart.local_time)
    if scale.has_headroom:
        legends = [
            legend_pieces(one, [curve[told] for curve in curves], chart.decimals) for one, curves in over if curves
        ]
        write_legends(canvas, [*legends, _control_pieces(profile, chart.decimals)], plot.edge)
    return Picture(canvas.rows(), first, len(shown), plot.width, scale, plot.left)


def _chosen(chart: Chart) -> list[Indicator]:
    """What is drawn beside the candles, in the order of the legend."""
    keys = {each.key: each for each in map(read_entry, chart.indicators)}
    chosen = [keys[each.key] for each in INDICATORS if each.key in keys]
    if chart.anchored_ms is not None:
        chosen.append(anchored(chart.anchored_ms))
    return [each for each in chosen if not each.is_told or chart.contract is not None]


def _framed(bars: Sequence[Bar], chart: Chart, chosen: Sequence[Indicator]) -> _Frame:
    end = min(len(bars), max(1, len(bars) if chart.end is None else chart.end))
    volume_rows = 0 if chart.height < 12 else max(2, chart.height // 6)
    panes, pane_rows = _fitting_panes([each for each in chosen if each.is_pane], chart, volume_rows)
    rows = chart.height - 1 - volume_rows - len(panes) * pane_rows

    def scaled(shown: Sequence[Bar]) -> PriceScale:
        priced = [bar for bar in shown if bar.low] or [bar for bar in bars if bar.low]
        return scale_of(priced, rows, has_headroom=chart.height >= 12, is_log=chart.is_log)

    # As wide as what may stand there, were there no axis: with it there are fewer bars, and no other prices.
    may_be = bars[max(0, end - chart.width // chart.step) : end]
    highest = formatting.rounded_price(scaled(may_be).high, chart.decimals)
    texts = (formatting.grouped_price(price, chart.decimals) for bar in (*may_be, bars[-1]) for price in bar[4:7:2])
    least = _PANES_AXIS if panes else _LEAST_AXIS
    axis = max(least, len(highest) + 2, max(map(len, texts)) + 2)
    beside = columns_of(chart.width) if PROFILE.key in {each.key for each in chosen} else 0
    width = chart.width - axis - beside
    count = max(0, width // chart.step)
    first = max(0, end - count)
    plot = Plot((count - (end - first)) * chart.step, chart.step, BODIES[chart.step], width, chart.width - axis)
    return _Frame(first, end, plot, scaled(bars[first:end]), volume_rows, panes, pane_rows)


def _fitting_panes(chosen: list[Indicator], chart: Chart, volume_rows: int) -> tuple[list[Indicator], int]:
    """The chosen panes that leave the candles half of the rows above the times, and how many rows each has."""
    rows = chart.height - 1 - volume_rows
    each = max(_LEAST_PANE, chart.height // 7)
    fitting = min(len(chosen), rows // 2 // each)
    if fitting < len(chosen):
        each = _LEAST_PANE
        fitting = min(len(chosen), rows // 2 // each)
    return chosen[:fitting], each


def _curves(indicator: Indicator, bars: Sequence[Bar], frame: _Frame, chart: Chart) -> list[Curve]:
    """Of the bars on view, made from those before them too."""
    since = max(0, frame.first - max(_REACH, indicator.reach))
    of, drawn_from = bars[since : frame.end], frame.first - since
    history = chart.contract
    return [
        line.compute(of, chart.period)[drawn_from:]
        if line.tell is None or history is None
        else line.tell(history, bars[frame.first : frame.end])
        for line in indicator.lines
    ]


def _control_pieces(profile: Profile | None, decimals: int) -> list[Piece]:
    if profile is None:
        return []
    price = formatting.rounded_price(profile.price, decimals)
    return [Piece(" POC", Role.DIM), Piece(f"  {price}", Role.MARK)]


def _candles(canvas: Canvas, shown: Sequence[Bar], scale: PriceScale, plot: Plot) -> None:
    for index, bar in enumerate(shown):
        if bar.low:
            _candle(canvas, plot.left + index * plot.step, bar, scale, plot.body)


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


def _volumes(canvas: Canvas, shown: Sequence[Bar], plot: Plot, top: int, rows: int) -> None:
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
                x = plot.left + index * plot.step
                canvas.write(x, top + rows - 1 - row, BLOCKS[level - 1] * plot.body, role)
    text = formatting.short(exact.quantity_as_float(largest))
    canvas.write(plot.edge + 1, top + (1 if rows > 2 else 0), text, Role.FAINT)
