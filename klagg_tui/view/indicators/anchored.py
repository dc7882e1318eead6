"""The volume-weighted average price since one bar: as `vwap`, but it begins where somebody put its anchor."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Sequence
from functools import partial

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.indicators.vwap import paid_and_amount
from klagg_tui.view.role import Role


def anchored_vwap(anchored_ms: int, bars: Sequence[Bar], _period: Period) -> Curve:
    """Turnover by volume since the bar that holds a moment; None before it, and everywhere where that bar is not there.

    Bars whose turnover is not known count for nothing.
    """
    begin = anchored_bar(anchored_ms, bars)
    if begin is None:
        return [None] * len(bars)
    curve: Curve = [None] * begin
    turnover = volume = 0
    for bar in bars[begin:]:
        paid, amount = paid_and_amount(bar)
        turnover += paid
        volume += amount
        curve.append(turnover / volume if volume else None)
    return curve


def anchored_bar(anchored_ms: int, bars: Sequence[Bar]) -> int | None:
    """Index of the bar that holds a moment, or of the next one; None where the bars do not go back to it."""
    place = bisect_right(bars, anchored_ms, key=lambda bar: bar.open_ms) - 1
    if place < 0:
        return None
    return place if anchored_ms < bars[place].end_ms or place == len(bars) - 1 else place + 1


def anchored(anchored_ms: int) -> Indicator:
    """The line that begins at a moment."""
    return Indicator(
        key="anchored",
        binding="",
        title="AVWAP",
        note="",
        reach_of=lambda: sys.maxsize,
        make=lambda: (Line("AVWAP", Role.STRONG, partial(anchored_vwap, anchored_ms)),),
    )
