"""What stands around the candles of a chart: prices and times, lines at a price, the crosshair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.view.axes import PriceScale, price_ticks, time_ticks
from klagg_tui.view.canvas import Canvas
from klagg_tui.view.curves import LEVELS, Plot
from klagg_tui.view.role import Role

_BEHIND: Final = f" ┈╌{LEVELS}"
"""What gives way to a line across."""


def draw_grid(canvas: Canvas, scale: PriceScale, plot: Plot, decimals: int) -> None:
    """Round prices at the axis, and a line across for each."""
    for row, text in price_ticks(scale, decimals):
        canvas.write(0, row, "┈" * plot.edge, Role.GRID)
        canvas.write(plot.edge + 1, row, text, Role.DIM)


def draw_times(canvas: Canvas, shown: Sequence[Bar], plot: Plot, period: Period, *, local: bool) -> None:
    """Times on the last row, below their bars."""
    for x, text in time_ticks(shown, plot.step, period, local=local):
        if plot.left + x + len(text) <= plot.width:
            canvas.write(plot.left + x, canvas.height - 1, text, Role.DIM)


def draw_price_lines(canvas: Canvas, prices: Iterable[Exact], scale: PriceScale, plot: Plot, decimals: int) -> None:
    """Behind the candles; what is beyond the highest and the lowest price is not drawn."""
    for price in prices:
        if scale.low <= price <= scale.high:
            row = scale.row(price)
            _across(canvas, row, plot, "╌", Role.MARK)
            text = f"◇{formatting.grouped_price(price, decimals)}".ljust(canvas.width - plot.edge)
            canvas.write(plot.edge, row, text, Role.MARK)


def draw_last_price(canvas: Canvas, bar: Bar, scale: PriceScale, plot: Plot, decimals: int) -> None:
    """At the axis, in the colours of gain and loss."""
    if scale.low <= bar.close <= scale.high:
        role = Role.GAIN_FLASH if bar.close >= bar.open else Role.LOSS_FLASH
        text = f" {formatting.grouped_price(bar.close, decimals)} ".ljust(canvas.width - plot.edge)
        canvas.write(plot.edge, scale.row(bar.close), text, role)


def draw_cross(
    canvas: Canvas, shown: Sequence[Bar], index: int, scale: PriceScale, plot: Plot, decimals: int, *, local: bool
) -> None:
    """Through the close of one of the bars on view; its price at the axis, its time below."""
    bar = shown[index]
    x = plot.left + index * plot.step + plot.body // 2
    last = canvas.height - 1
    for y in range(last):
        if canvas.letter(x, y) in _BEHIND:
            canvas.put(x, y, "┊", Role.CROSS)
    row = scale.row(bar.close)
    _across(canvas, row, plot, "┄", Role.CROSS)
    price = f"╴{formatting.grouped_price(bar.close, decimals)}".ljust(canvas.width - plot.edge)
    canvas.write(plot.edge, row, price, Role.CROSS)
    text = formatting.date_time(bar.open_ms, local=local)
    at = max(0, min(plot.width - len(text), x - len(text) // 2))
    _clear_words(canvas, at - 1, at + len(text), last)
    canvas.write(max(0, at - 1), last, f" {text} ", Role.CROSS)


def _across(canvas: Canvas, row: int, plot: Plot, letter: str, role: Role) -> None:
    for x in range(plot.edge):
        if canvas.letter(x, row) in _BEHIND:
            canvas.put(x, row, letter, role)


def _clear_words(canvas: Canvas, begin: int, end: int, y: int) -> None:
    """Blanks from `begin` to `end`, and over the rest of any word that is cut by it."""
    while canvas.letter(begin, y) != " ":
        begin -= 1
    while canvas.letter(end, y) != " ":
        end += 1
    canvas.write(max(0, begin), y, " " * (end - max(0, begin)), Role.TEXT)
