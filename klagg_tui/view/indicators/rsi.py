"""The relative strength index of the closes, carried on as the table's is: equal to TA-Lib's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Line
from klagg_tui.view.role import Role
from klagg_tui.view.screener.indicators import Rsi, wilder

LENGTH: Final = 14


def rsi(bars: Sequence[Bar], _period: Period) -> Curve:
    """0 to 100."""
    carried = Rsi(wilder(LENGTH), wilder(LENGTH))
    curve: Curve = []
    for bar in bars:
        close = exact.price_as_float(bar.close)
        curve.append(carried.peek(close, close, close))
        carried.feed(close, close, close)
    return curve


RSI: Final = Indicator(
    key="rsi",
    binding="r",
    word=f"RSI {LENGTH}",
    note="Relative strength index below the candles",
    lines=(Line("", Role.LINE_A, rsi, is_price=False),),
    is_pane=True,
    levels=(70, 30),
)
