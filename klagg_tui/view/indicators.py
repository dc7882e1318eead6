"""Curves over candles: moving averages and the volume-weighted price. Floats: for drawing only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DAY_MS, Period

Curve: TypeAlias = list[float | None]
"""A price, in units of 1e-8, for each bar; None where there are too few bars for one."""

VWAP_ROLLING: Final = 20
"""Bars that the volume-weighted price of daily and longer bars looks back."""


def average(bars: Sequence[Bar], count: int) -> Curve:
    """The mean of the last `count` closes."""
    curve: Curve = []
    total = 0
    for index, bar in enumerate(bars):
        total += bar.close
        if index >= count:
            total -= bars[index - count].close
        curve.append(total / count if index >= count - 1 else None)
    return curve


def vwap(bars: Sequence[Bar], period: Period) -> Curve:
    """Turnover by volume since the beginning of the day (UTC); of the last bars where a bar is a day or longer."""
    is_daily = period.nominal_ms < DAY_MS
    curve: Curve = []
    turnover = volume = 0
    for index, bar in enumerate(bars):
        if is_daily and index and bar.open_ms // DAY_MS != bars[index - 1].open_ms // DAY_MS:
            turnover = volume = 0
        turnover += bar.turnover
        volume += bar.volume
        if not is_daily and index >= VWAP_ROLLING:
            turnover -= bars[index - VWAP_ROLLING].turnover
            volume -= bars[index - VWAP_ROLLING].volume
        curve.append(turnover / volume if volume else None)
    return curve
