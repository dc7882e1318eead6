"""Moving averages of the closes, each over its own number of bars: plain ones, and exponential ones equal to TA-Lib's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Compute, Curve, Indicator, Length, Line
from klagg_tui.view.role import Role
from klagg_tui.view.screener.indicators import exponential

_MOST: Final = 3
"""Lines that can be told apart."""


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


def ema(count: int, bars: Sequence[Bar], _period: Period) -> Curve:
    """Of the closes, begun with the mean of the first `count` ones."""
    carried = exponential(count)
    return [carried.feed(bar.close) for bar in bars]


def _lines(
    of: Callable[[int, Sequence[Bar], Period], Curve], name: str, *roles: Role
) -> Callable[..., tuple[Line, ...]]:
    def made(count: float, role: Role) -> Line:
        compute: Compute = partial(of, int(count))
        return Line(f"{name}{count:g}", role, compute)

    return lambda *counts: tuple(map(made, counts, roles))


AVERAGES: Final = Indicator(
    key="averages",
    binding="a",
    title="averages",
    note="Moving averages on or off",
    make=_lines(average, "", Role.LINE_A, Role.LINE_B, Role.LINE_C),
    lengths=(7, 25, 99),
    parameters=(Length("an average"),) * _MOST,
    takes_fewer=True,
    aliases=("average", "ma", "sma"),
    reach_of=lambda *counts: int(max(counts)),
    is_default=True,
)
EMA: Final = Indicator(
    key="ema",
    binding="E",
    title="EMA",
    note="Exponential moving averages on or off",
    make=_lines(ema, "EMA ", Role.GOOD, Role.WARN, Role.BAD),
    lengths=(20,),
    parameters=(Length("an average"),) * _MOST,
    takes_fewer=True,
    # After ten times its length e**-20 of its beginning is left.
    reach_of=lambda *counts: int(10 * max(counts)),
)
