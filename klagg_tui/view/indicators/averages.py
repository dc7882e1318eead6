"""Moving averages of the closes, over three numbers of bars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.role import Role


def average(count: int, bars: Sequence[Bar], _period: Period) -> Curve:
    """The mean of the last `count` closes."""
    curve: Curve = []
    total = 0
    for index, bar in enumerate(bars):
        total += bar.close
        if index >= count:
            total -= bars[index - count].close
        curve.append(total / count if index >= count - 1 else None)
    return curve


AVERAGES: Final = Indicator(
    key="averages",
    binding="a",
    word="averages",
    note="Moving averages on or off",
    lines=tuple(
        Line(str(count), role, partial(average, count))
        for count, role in ((7, Role.LINE_A), (25, Role.LINE_B), (99, Role.LINE_C))
    ),
    is_default=True,
)
