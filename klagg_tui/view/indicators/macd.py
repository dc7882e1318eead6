"""The moving average convergence divergence of the closes, from the averages that the table's is made of: equal to TA-Lib's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.role import Role
from klagg_tui.view.screener.indicators import exponential

FAST: Final = 12
SLOW: Final = 26
SIGNAL: Final = 9


def macd(part: int, bars: Sequence[Bar], _period: Period) -> Curve:
    """The distance of the two averages (0), its own average (1), or the histogram, the first less the second (2)."""
    fast, slow, signal = exponential(FAST), exponential(SLOW), exponential(SIGNAL)
    curve: Curve = []
    for index, bar in enumerate(bars):
        slower = slow.feed(bar.close)
        # The faster one begins late, so that both have their first value with the same bar.
        faster = fast.feed(bar.close) if index >= SLOW - FAST else None
        if slower is None or faster is None or (average := signal.feed(faster - slower)) is None:
            curve.append(None)
        else:
            distance = faster - slower
            curve.append((distance, average, distance - average)[part])
    return curve


MACD: Final = Indicator(
    key="macd",
    binding="m",
    word=f"MACD {FAST} {SLOW} {SIGNAL}",
    note="Convergence and divergence of two averages below the candles",
    lines=(
        Line("", Role.TEXT, partial(macd, 2), is_histogram=True),
        Line("", Role.LINE_A, partial(macd, 0)),
        Line("", Role.LINE_B, partial(macd, 1)),
    ),
    is_pane=True,
)
