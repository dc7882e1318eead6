"""The columns of prices: the newest one, and the four of the bar."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.view.columns.column import ABOUT, NO_VALUE, PRICE_WIDTH, Column, RenderContext, Value
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex


def _draw_last(row: Row, _bar: Bar | None, _context: RenderContext, width: int) -> tuple[str, RoleIndex]:
    last = row.last
    if last is not None:
        return formatting.grouped_price(last, row.decimals), Role.TEXT
    told = row.told_last
    if told is None:
        return NO_VALUE
    text = formatting.grouped(formatting.plain(told))
    return (f"{ABOUT}{text}" if len(text) < width else text), Role.PARTIAL


def _measure_last(row: Row, _bar: Bar | None, _now_ms: int) -> Value:
    last = row.last
    return row.told_last if last is None else exact.price_as_float(last)


LAST: Final = Column(
    key="last",
    title="Last",
    note="newest price; before any trade was seen ≈ and as the exchange told it",
    importance=99,
    width=PRICE_WIDTH,
    measure=_measure_last,
    draw=_draw_last,
    aliases=("price",),
    flashes=True,
)


def _price_column(key: str, note: str, importance: int) -> Column:
    """The column of one price of the bar, by the name of the bar's field."""
    price_of: Callable[[Bar], Exact] = attrgetter(key)

    def draw(row: Row, bar: Bar | None, _context: RenderContext, _width: int) -> tuple[str, RoleIndex]:
        if bar is None:
            return NO_VALUE
        return formatting.grouped_price(price_of(bar), row.decimals), Role.DIM

    def measure(_row: Row, bar: Bar | None, _now_ms: int) -> Value:
        price = price_of(bar) if bar is not None else 0
        return exact.price_as_float(price) if price else None

    return Column(key, key.capitalize(), note, importance, PRICE_WIDTH, measure, draw)


OPEN: Final = _price_column("open", "first price of the bar", 44)
HIGH: Final = _price_column("high", "highest price of the bar", 60)
LOW: Final = _price_column("low", "lowest price of the bar", 59)
CLOSE: Final = _price_column("close", "newest price within the bar", 40)
