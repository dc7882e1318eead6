"""Bollinger bands: the mean of the last closes, and two standard deviations to both sides.

As TA-Lib's BBANDS: the deviation of the population, over 20 closes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import sqrt
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.role import Role

LENGTH: Final = 20
DEVIATIONS: Final = 2


def band(side: int, bars: Sequence[Bar], _period: Period) -> Curve:
    """The upper band (1) or the lower one (-1); exact sums, so that nothing drifts."""
    curve: Curve = []
    total = squares = 0
    for index, bar in enumerate(bars):
        total += bar.close
        squares += bar.close * bar.close
        if index >= LENGTH:
            before = bars[index - LENGTH].close
            total -= before
            squares -= before * before
        if index < LENGTH - 1:
            curve.append(None)
        else:
            curve.append(total / LENGTH + side * DEVIATIONS * sqrt(squares * LENGTH - total * total) / LENGTH)
    return curve


BOLLINGER: Final = Indicator(
    key="bollinger",
    binding="o",
    word="Bollinger",
    note="Bollinger bands on or off",
    lines=(Line("upper", Role.DIM, partial(band, 1)), Line("lower", Role.DIM, partial(band, -1))),
)
