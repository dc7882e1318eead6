"""The volume-weighted average price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.model import turnover_of
from klagg_tui.view.role import Role

ROLLING_BARS: Final = 20
"""How many bars it looks back where a bar is a day or longer."""


def vwap(bars: Sequence[Bar], period: Period) -> Curve:
    """Turnover by volume since the beginning of the day (UTC); of the last bars where a bar is a day or longer.

    Bars whose turnover is not known count for nothing, and have no value of their own.
    """
    begins_daily = period.nominal_ms < DAY_MS
    curve: Curve = []
    turnover = volume = 0
    for index, bar in enumerate(bars):
        if begins_daily and index and bar.open_ms // DAY_MS != bars[index - 1].open_ms // DAY_MS:
            turnover = volume = 0
        paid, amount = paid_and_amount(bar)
        turnover += paid
        volume += amount
        if not begins_daily and index >= ROLLING_BARS:
            paid_before, amount_before = paid_and_amount(bars[index - ROLLING_BARS])
            turnover -= paid_before
            volume -= amount_before
        curve.append(turnover / volume if volume and turnover_of(bar) is not None else None)
    return curve


def paid_and_amount(bar: Bar) -> tuple[Exact, Exact]:
    """Turnover and volume of a bar; nothing of both where the turnover is not known."""
    turnover = turnover_of(bar)
    return (0, 0) if turnover is None else (turnover, bar.volume)


VWAP: Final = Indicator(
    key="vwap",
    binding="w",
    title="VWAP",
    note="Volume-weighted price on or off",
    make=lambda: (Line("VWAP", Role.MARK, vwap),),
)
