"""The bar (the exchange's kline) as an immutable value, and how bars add up."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period


class State(IntEnum):
    """How far a bar's values can be trusted; the number stands for it on disk."""

    FORMING = 0
    """Its time is not over."""
    PARTIAL = 1
    """Trades are missing from it, over or not."""
    CLOSED = 2
    """Its time is over and all its trades were seen."""
    CONFIRMED = 3
    """Equal to the exchange's own bar, by comparison or amendment."""


class Bar(NamedTuple):
    """One bar of one symbol and period. Prices and quantities are `Exact`; times are milliseconds since the epoch."""

    symbol: str
    period: Period
    open_ms: int
    open: Exact
    high: Exact
    low: Exact
    close: Exact
    volume: Exact
    turnover: Exact
    """Sum of price x quantity, in turnover units."""
    trade_count: int
    """Sum of (last - first + 1) trade ids: the exchange counts fills, not aggregate trades."""
    taker_buy_volume: Exact
    taker_buy_turnover: Exact
    state: State

    @property
    def end_ms(self) -> int:
        """When the next bar opens; the exchange's close time is one millisecond earlier."""
        return self.period.end_ms(self.open_ms)

    @property
    def is_traded(self) -> bool:
        """Whether anything was traded in it; otherwise it is flat at the previous close."""
        return self.volume > 0

    def same_values(self, other: Bar) -> bool:
        """Whether both agree in everything but the state."""
        return self[:12] == other[:12]


def empty_bar(symbol: str, period: Period, open_ms: int, price: Exact, state: State) -> Bar:
    """A bar without trades: all four prices at the previous close, all sums zero."""
    return Bar(symbol, period, open_ms, price, price, price, price, 0, 0, 0, 0, 0, state)


def merge(earlier: Bar, later: Bar) -> Bar:
    """Both bars as one, with the earlier one's symbol, period and open time.

    A bar without trades lends no prices: the exchange opens a large bar at its first real trade.
    """
    # Unpacked and made without the named constructor: each minute of each symbol passes here a dozen times.
    symbol, period, open_ms, opened, high, low, close, volume, turnover, count, bought, paid, state = earlier
    _, _, _, opened2, high2, low2, close2, volume2, turnover2, count2, bought2, paid2, state2 = later
    if state is not state2:
        # Missing trades show through, then an open end; otherwise the less certain of the two.
        state = _PARTIAL if state is _PARTIAL or state2 is _PARTIAL else state if state < state2 else state2  # noqa: FURB136
    if volume2:
        if volume:
            high = high2 if high2 > high else high  # noqa: FURB136  # max() and min() take a fifth of the time spent here
            low = low2 if low2 < low else low  # noqa: FURB136
            close = close2
        else:
            opened, high, low, close = opened2, high2, low2, close2
    elif volume or not close2:
        return _new(Bar, (*earlier[:12], state))
    else:
        opened, high, low, close = opened2, high2, low2, close2
    return _new(
        Bar,
        (
            symbol,
            period,
            open_ms,
            opened,
            high,
            low,
            close,
            volume + volume2,
            turnover + turnover2,
            count + count2,
            bought + bought2,
            paid + paid2,
            state,
        ),
    )


_new: Final = tuple.__new__


_PARTIAL: Final = State.PARTIAL
