"""What takers bought less what they sold: of each bar, and summed up over the day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.role import Role


def delta(bars: Sequence[Bar], _period: Period) -> Curve:
    """Of each bar, in the base coin; None where the exchange does not tell it."""
    return [
        None
        if bar.evidence & Evidence.NO_TAKER_VOLUME
        else exact.quantity_as_float(2 * bar.taker_buy_volume - bar.volume)
        for bar in bars
    ]


def cvd(bars: Sequence[Bar], period: Period) -> Curve:
    """Its sum since the beginning of the day (UTC); since the first of the bars where one is a day or longer."""
    begins_daily = period.nominal_ms < DAY_MS
    curve: Curve = []
    total = 0.0
    for index, (bar, change) in enumerate(zip(bars, delta(bars, period), strict=True)):
        if begins_daily and index and bar.open_ms // DAY_MS != bars[index - 1].open_ms // DAY_MS:
            total = 0.0
        total += change or 0.0
        curve.append(None if change is None else total)
    return curve


DELTA: Final = Indicator(
    key="delta",
    binding="d",
    title="Delta",
    note="What takers bought less what they sold, below the candles",
    make=lambda: (Line("", Role.TEXT, delta, is_histogram=True, is_price=False),),
    is_pane=True,
)
CVD: Final = Indicator(
    key="cvd",
    binding="c",
    title="CVD",
    note="Cumulative delta of the day below the candles",
    make=lambda: (Line("", Role.LINE_B, cvd, is_price=False),),
    is_pane=True,
)
