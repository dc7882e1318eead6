"""The filter language of the screen, asked of single bars: `turnover>5m`, `chg<=-2 taker>60%`."""

from __future__ import annotations

from collections.abc import Callable

from klagg_tui.engine.bar import Bar
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.model import Row


def bar_filter(text: str) -> Callable[[Bar], bool]:
    """Whether a bar matches, as the row of its symbol would if it were the current bar.

    Raises:
        FilterError: the text says no filter, or asks for more than a bar has.
    """
    read = filters.read(text)
    if read.calls:
        raise FilterError(
            f"{min(map(str, read.calls))} looks back over more than one bar, and bars are asked one by one here; "
            "bar.chg or bar.vol is the bar's own."
        )
    matches = read.matches

    def keep(bar: Bar) -> bool:
        row = Row(bar.symbol)
        row.bars[bar.period.ordinal] = bar
        return matches(row, bar.period, bar.open_ms)

    return keep
