"""The wall of charts: which symbols, how many beside and above each other, which has the focus, what stands over each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

from rich.cells import cell_len

from klagg_tui import formatting
from klagg_tui.view.columns.column import RenderContext, change_role
from klagg_tui.view.columns.state import state_sign
from klagg_tui.view.model import Row, change_percent, is_stale_bar
from klagg_tui.view.role import Piece, Role

MOST: Final = 9
"""Charts at once."""
LEAST_WIDTH: Final = 38
LEAST_HEIGHT: Final = 9
"""Cells of a chart, its title included, below which it cannot be read."""


class Source(Enum):
    """Why these symbols are on the wall."""

    MARKS = "marked"
    LIST = "watchlist"
    ROWS = "rows"


class Shape(NamedTuple):
    """How many charts beside and above each other."""

    columns: int
    rows: int

    @property
    def charts(self) -> int:
        """How many there is room for."""
        return self.columns * self.rows


class Cell(NamedTuple):
    """Where a chart stands, in cells of the terminal."""

    x: int
    y: int
    width: int
    height: int


_SHAPES: Final = tuple(Shape(*each) for each in ((1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (3, 2), (2, 3), (3, 3)))
"""From few to many; of equally many the broader one first."""


def shape_for(count: int, width: int, height: int) -> Shape:
    """The smallest shape that holds so many charts; where none does that can be read, the largest of those."""
    readable = [
        shape for shape in _SHAPES if width // shape.columns >= LEAST_WIDTH and height // shape.rows >= LEAST_HEIGHT
    ] or [_SHAPES[0]]
    return next((shape for shape in readable if shape.charts >= count), max(readable, key=lambda shape: shape.charts))


def cells_of(shape: Shape, width: int, height: int) -> list[Cell]:
    """The places of the charts in reading order: together they fill the whole area."""
    across = [column * width // shape.columns for column in range(shape.columns + 1)]
    down = [row * height // shape.rows for row in range(shape.rows + 1)]
    return [
        Cell(left, top, right - left, bottom - top)
        for top, bottom in pairwise(down)
        for left, right in pairwise(across)
    ]


class Wall:
    """The symbols in their order, and which of them has the focus; that stays with its symbol."""

    def __init__(self) -> None:
        self.source: Source | None = None
        """None until there is any symbol."""
        self.symbols: tuple[str, ...] = ()
        self.focus = 0
        self._is_kept = False

    def choose(self, marked: Sequence[str], listed: Sequence[str], first: Sequence[str]) -> None:
        """Take the marked symbols; without any those of the watchlist on view; without that the first rows of the table.

        What is taken in place of marks stays as it is, until there are marks.
        """
        if self._is_kept:
            return
        if marked or self.source is Source.MARKS:
            self._take(Source.MARKS, marked)
        elif not self.symbols:
            self._take(Source.LIST if listed else Source.ROWS, listed or first[:MOST])

    def keep(self) -> None:
        """Somebody marks what was taken in place of marks: all of it stays, or there would be one chart left."""
        self._is_kept = self.source is not Source.MARKS

    def _take(self, source: Source, symbols: Sequence[str]) -> None:
        focused = self.focused
        self.source, self.symbols = (source if symbols or source is Source.MARKS else None), tuple(symbols)
        at = self.symbols.index(focused) if focused in self.symbols else self.focus
        self.focus_on(at)

    @property
    def focused(self) -> str | None:
        """The symbol that has the focus."""
        return self.symbols[self.focus] if self.focus < len(self.symbols) else None

    def focus_on(self, index: int) -> None:
        """Give the focus to another one, or the nearest that there is."""
        self.focus = max(0, min(len(self.symbols) - 1, index))

    def pages(self, shape: Shape) -> int:
        """How many screenfuls there are."""
        return max(1, -(-len(self.symbols) // shape.charts))

    def page(self, shape: Shape) -> int:
        """The one on view, from 0: that of the focus."""
        return self.focus // shape.charts

    def on_view(self, shape: Shape) -> tuple[str, ...]:
        """The symbols of that page."""
        first = self.page(shape) * shape.charts
        return self.symbols[first : first + shape.charts]

    def turn(self, pages: int, shape: Shape) -> None:
        """To the same place of another page, round and round."""
        before = self.page(shape)
        after = (before + pages) % self.pages(shape)
        self.focus_on(self.focus + (after - before) * shape.charts)


def told_source(wall: Wall, list_name: str, shape: Shape) -> str:
    """Whose charts these are, and which page."""
    count = len(wall.symbols)
    told = {
        Source.MARKS: f"▣ {count} marked",
        Source.LIST: f"★ {list_name} {count}",
        Source.ROWS: "nothing marked: the first rows",
        None: "",
    }[wall.source]
    pages = wall.pages(shape)
    return f" {told}" + (f" · page {wall.page(shape) + 1} of {pages}" if pages > 1 else "")


def title_pieces(
    symbol: str, row: Row | None, context: RenderContext, width: int, sign: str, day: float | None = None
) -> list[Piece]:
    """State, symbol, last price, change of the bar under way and over a day; what there is no room for is left out from the end.

    `context.is_stale` is about the exchange of this row, `day` in percent, None where nobody computes it.
    """
    if row is None:
        return _fitting([[Piece(f"{sign}  {symbol}", Role.FAINT)]], width)
    bar = row.bar(context.period)
    name = Piece(symbol, Role.STRONG)
    if bar is None:
        price = [] if row.last is None else [Piece(f" {formatting.grouped_price(row.last, row.decimals)}", Role.FAINT)]
        return _fitting([[Piece(f"{sign}  ", Role.MARK), name], price], width)
    is_stale = context.is_stale or is_stale_bar(bar, context.now_ms)
    state, role = state_sign(row, bar, context._replace(is_stale=is_stale))
    change = change_percent(bar)
    last = row.last or bar.close

    def shown(percent: float | None) -> Role:
        return Role.FAINT if is_stale else change_role(percent)

    parts = [
        [Piece(sign, Role.MARK), Piece(state.ljust(2), role), name],
        [Piece(f" {formatting.grouped_price(last, row.decimals)}", Role.FAINT if is_stale else Role.TEXT)],
        [Piece(f" {formatting.arrow(change)} {formatting.percent(change)}", shown(change))],
    ]
    if day is not None:
        parts.append([Piece(" 24h ", Role.FAINT), Piece(formatting.percent(day), shown(day))])
    return _fitting(parts, width)


def _fitting(parts: Sequence[Sequence[Piece]], width: int) -> list[Piece]:
    """As many parts as there is room for, the first always."""
    pieces = [*parts[0]]
    for part in parts[1:]:
        if sum(cell_len(piece.text) for piece in (*pieces, *part)) > width:
            break
        pieces += part
    return pieces
