"""The relative strength index of the closes, carried on as the table's is: equal to TA-Lib's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.indicator import Curve, Indicator, Length, Line
from klagg_tui.view.role import Role
from klagg_tui.view.screener.indicators import Rsi, wilder


def rsi(length: int, bars: Sequence[Bar], _period: Period) -> Curve:
    """0 to 100."""
    carried = Rsi(wilder(length), wilder(length))
    curve: Curve = []
    for bar in bars:
        close = exact.price_as_float(bar.close)
        curve.append(carried.peek(close, close, close))
        carried.feed(close, close, close)
    return curve


RSI: Final = Indicator(
    key="rsi",
    binding="r",
    title="RSI",
    note="Relative strength index below the candles",
    make=lambda length: (Line("", Role.LINE_A, partial(rsi, int(length)), is_price=False),),
    lengths=(14,),
    parameters=(Length("the length"),),
    # Wilder's average forgets half as fast as the usual one: after twenty times its length e**-20 is left.
    reach_of=lambda length: int(20 * length),
    is_pane=True,
    levels=(70, 30),
)
