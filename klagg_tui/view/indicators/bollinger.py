"""Bollinger bands: the mean of the last closes, and some standard deviations to both sides.

As TA-Lib's BBANDS: the deviation of the population.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import sqrt
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Length, Line
from klagg_tui.view.role import Role


def band(side: int, length: int, deviations: float, bars: Sequence[Bar], _period: Period) -> Curve:
    """The upper band (1) or the lower one (-1); exact sums, so that nothing drifts."""
    curve: Curve = []
    total = squares = 0
    for index, bar in enumerate(bars):
        total += bar.close
        squares += bar.close * bar.close
        if index >= length:
            before = bars[index - length].close
            total -= before
            squares -= before * before
        if index < length - 1:
            curve.append(None)
        else:
            curve.append(total / length + side * deviations * sqrt(squares * length - total * total) / length)
    return curve


def _lines(length: float, deviations: float) -> tuple[Line, ...]:
    return (
        Line("upper", Role.DIM, partial(band, 1, int(length), deviations)),
        Line("lower", Role.DIM, partial(band, -1, int(length), deviations)),
    )


BOLLINGER: Final = Indicator(
    key="bollinger",
    binding="o",
    title="Bollinger",
    note="Bollinger bands on or off",
    make=_lines,
    lengths=(20, 2),
    parameters=(Length("the length"), Length("the number of deviations", 0.1, 10, is_whole=False)),
    aliases=("bb", "bands"),
    reach_of=lambda length, _deviations: int(length),
)
