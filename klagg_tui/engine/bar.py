"""The bar (the exchange's kline) as an immutable value, and how bars add up."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

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


def flat(symbol: str, period: Period, open_ms: int, price: Exact, state: State) -> Bar:
    """A bar without trades: all four prices at the previous close, all sums zero."""
    return Bar(symbol, period, open_ms, price, price, price, price, 0, 0, 0, 0, 0, state)


def joined(earlier: Bar, later: Bar) -> Bar:
    """Both bars as one, with the earlier one's symbol, period and open time.

    A bar without trades lends no prices: the exchange opens a large bar at its first real trade.
    """
    if not later.is_traded and (earlier.is_traded or not later.close):
        prices = earlier[3:7]
    elif not earlier.is_traded:
        prices = later[3:7]
    else:
        prices = (earlier.open, max(earlier.high, later.high), min(earlier.low, later.low), later.close)
    return Bar(
        earlier.symbol,
        earlier.period,
        earlier.open_ms,
        *prices,
        earlier.volume + later.volume,
        earlier.turnover + later.turnover,
        earlier.trade_count + later.trade_count,
        earlier.taker_buy_volume + later.taker_buy_volume,
        earlier.taker_buy_turnover + later.taker_buy_turnover,
        joint_state(earlier.state, later.state),
    )


def joint_state(first: State, second: State) -> State:
    """Missing trades show through, then an open end; otherwise the less certain of the two."""
    if State.PARTIAL in (first, second):
        return State.PARTIAL
    return min(first, second)
