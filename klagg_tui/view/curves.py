"""Curves and columns of an indicator on a grid of cells, and their values in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.view.canvas import Canvas
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.role import Piece, Role, RoleIndex

LEVELS: Final = "⠉⠒⠤⣀"
"""A curve in quarter rows."""
_ENDS: Final = 9
"""Cells of a value beside a pane."""


class Plot(NamedTuple):
    """Where the bars on view stand."""

    left: int
    """Column of the first one."""
    step: int
    """Columns from one to the next."""
    body: int
    """Columns of a candle."""
    width: int
    """Columns for bars."""
    edge: int
    """Column where the axis begins: behind the bars, or what stands beside them."""


def draw_curve(
    canvas: Canvas, curve: Curve, plot: Plot, top: int, rows: int, quarter: Callable[[float], int], role: RoleIndex
) -> None:
    """A curve on `rows` rows from `top` on; `quarter` gives the quarter row of a value, what is outside is left out."""
    for index, value in enumerate(curve):
        if value is None:
            continue
        following = curve[index + 1] if index + 1 < len(curve) else None
        for offset in range(plot.step if following is not None else 1):
            at = quarter(value if following is None else value + (following - value) * offset / plot.step)
            if 0 <= at < 4 * rows:
                canvas.put(plot.left + index * plot.step + offset, top + at // 4, LEVELS[at % 4], role)


def draw_pane(
    canvas: Canvas, pane: Indicator, curves: Sequence[Curve], plot: Plot, top: int, rows: int, legend: Sequence[Piece]
) -> None:
    """An indicator in rows of its own: its values in words in the first of them, its curves in the others."""
    canvas.write(0, top, "┈" * plot.edge, Role.GRID)
    write_pieces(canvas, 0, top, legend, plot.edge)
    values = [value for curve in curves for value in curve if value is not None]
    if not values:
        return
    top, rows = top + 1, rows - 1
    with_zero = [0.0] if any(line.is_histogram for line in pane.lines) else []
    values += [*with_zero, *pane.levels]
    low, high = min(values), max(values)
    if low == high:  # in the middle
        low, high = low - 0.5, high + 0.5
    reach = high - low

    def part(value: float, parts: int) -> int:
        return round((high - value) * (parts * rows - 1) / reach)

    for level in pane.levels:
        canvas.write(0, top + part(level, 1), "┈" * plot.edge, Role.GRID)
        canvas.write(plot.edge + 1, top + part(level, 1), f"{level:.0f}", Role.FAINT)
    if not pane.levels and rows > 2 and max(values) > min(values):
        for text, row in zip(_ends(pane.lines[0], high, low), (top, top + rows - 1), strict=True):
            canvas.write(plot.edge + 1, row, text, Role.FAINT)
    for line, curve in zip(pane.lines, curves, strict=True):
        if line.is_histogram:
            _columns(canvas, curve, plot, top, lambda value: round((high - value) * 2 * rows / reach))
        else:
            draw_curve(canvas, curve, plot, top, rows, lambda value: part(value, 4), line.role)


_HALVES: Final = {(True, True): "█", (True, False): "▀", (False, True): "▄"}


def _columns(canvas: Canvas, curve: Curve, plot: Plot, top: int, edge: Callable[[float], int]) -> None:
    """Columns in half rows from 0 to each value; `edge` gives how many half rows are above a value."""
    zero = edge(0.0)
    for index, value in enumerate(curve):
        if not value:
            continue
        # However small it is, half a row on its side of 0 is there.
        begin, end = (min(edge(value), zero - 1), zero) if value > 0 else (zero, max(edge(value), zero + 1))
        role = Role.GAIN_VOLUME if value > 0 else Role.LOSS_VOLUME
        for row in range(begin // 2, (end + 1) // 2):
            letter = _HALVES[begin <= 2 * row, 2 * row + 2 <= end]
            canvas.write(plot.left + index * plot.step, top + row, letter * plot.body, role)


def legend_pieces(indicator: Indicator, values: Sequence[float | None], decimals: int) -> list[Piece]:
    """Its name and lengths, and the value of each line in the line's colour, two blanks before each."""
    pieces = [Piece(f" {indicator.word}", Role.DIM)]
    for line, value in zip(indicator.lines, values, strict=True):
        role = line.role
        if line.is_histogram and value:
            role = Role.GAIN if value > 0 else Role.LOSS
        pieces.append(Piece(f"  {_text(line, value, decimals)}", role))
    return [*pieces, Piece("  ", Role.DIM)]


def _text(line: Line, value: float | None, decimals: int) -> str:
    if value is None:
        return formatting.NOTHING
    return formatting.rounded_price(value, decimals) if line.is_price else line.text(value, 0)


def _ends(line: Line, high: float, low: float) -> tuple[str, str]:
    """The highest and the lowest value in short, with as many digits as tell them apart, in at most nine cells."""
    unit = 10**exact.PRICE_DECIMALS if line.is_price else 1
    texts = [(line.text(high / unit, extra), line.text(low / unit, extra)) for extra in range(4)]
    fitting = [pair for pair in texts if max(map(len, pair)) <= _ENDS] or texts[:1]
    return next((pair for pair in fitting if pair[0] != pair[1]), fitting[-1])


def write_pieces(canvas: Canvas, x: int, y: int, pieces: Sequence[Piece], width: int) -> None:
    """Pieces from `x` on; from the first one that ends beyond `width` on there are none."""
    for text, role in pieces:
        if x + len(text) > width:
            return
        canvas.write(x, y, text, role)
        x += len(text)


def write_legends(canvas: Canvas, legends: Sequence[Sequence[Piece]], width: int) -> None:
    """On the first row side by side, each whole or not at all; of the first one, where there is no room, what fits."""
    x = 0
    for number, pieces in enumerate(legends):
        taken = sum(len(piece.text) for piece in pieces)
        if x + taken <= width or not number:
            write_pieces(canvas, x, 0, pieces, width)
            x += taken
