"""The moving average convergence divergence of the closes, from the averages that the table's is made of: equal to TA-Lib's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Length, Line
from klagg_tui.view.role import Role
from klagg_tui.view.screener.indicators import exponential


def macd(part: int, fast: int, slow: int, signal: int, bars: Sequence[Bar], _period: Period) -> Curve:
    """The distance of the two averages (0), its own average (1), or the histogram, the first less the second (2)."""
    faster, slower, averaged = exponential(fast), exponential(slow), exponential(signal)
    curve: Curve = []
    for index, bar in enumerate(bars):
        long = slower.feed(bar.close)
        # The faster one begins late, so that both have their first value with the same bar.
        short = faster.feed(bar.close) if index >= slow - fast else None
        if long is None or short is None or (average := averaged.feed(short - long)) is None:
            curve.append(None)
        else:
            distance = short - long
            curve.append((distance, average, distance - average)[part])
    return curve


def _lines(*lengths: float) -> tuple[Line, ...]:
    fast, slow, signal = map(int, lengths)
    return (
        Line("", Role.TEXT, partial(macd, 2, fast, slow, signal), is_histogram=True),
        Line("", Role.LINE_A, partial(macd, 0, fast, slow, signal)),
        Line("", Role.LINE_B, partial(macd, 1, fast, slow, signal)),
    )


def _fault(fast: float, slow: float, _signal: float) -> str | None:
    return None if fast < slow else "the fast average has to be shorter than the slow one"


MACD: Final = Indicator(
    key="macd",
    binding="m",
    title="MACD",
    note="Convergence and divergence of two averages below the candles",
    make=_lines,
    lengths=(12, 26, 9),
    parameters=(Length("the fast average"), Length("the slow average"), Length("the signal", 1)),
    fault_of=_fault,
    reach_of=lambda _fast, slow, signal: int(10 * (slow + signal)),
    is_pane=True,
)
