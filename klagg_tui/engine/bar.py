"""The bar (the exchange's kline) as an immutable value, how bars add up, and what no bar can be."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine import exact, parsing
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence


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

    label: str
    """Its name for people, files and programs."""

    def __init__(self, _number: int) -> None:
        self.label = self.name.lower()


SeriesKey: TypeAlias = tuple[str, Period]
"""Symbol and period: what all bars of a series share."""

BarKey: TypeAlias = tuple[str, Period, int]
"""Symbol, period and open time: which bar it is, whatever is known of it."""


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
    evidence: int = Evidence.ALL.value
    """Bits of `Evidence`: which fields are unknown (they are 0 then), and who vouches for the bar.

    A plain number, not the flag: joining two flags takes longer than all the rest of `merge`, and what a flag is joined with is one.
    """

    @property
    def key(self) -> BarKey:
        """Which bar it is."""
        return self[:3]

    @property
    def series(self) -> SeriesKey:
        """Which series it belongs to."""
        return self[:2]

    @property
    def end_ms(self) -> int:
        """When the next bar opens; the exchange's close time is one millisecond earlier."""
        return self.period.end_ms(self.open_ms)

    @property
    def is_traded(self) -> bool:
        """Whether anything was traded in it; otherwise it is flat at the previous close."""
        return self.volume > 0

    def same_values(self, other: Bar) -> bool:
        """Whether both agree in everything but state and evidence."""
        return self[:12] == other[:12]


SUM_BITS: Final[tuple[tuple[int, int], ...]] = (
    (8, Evidence.NO_TURNOVER.value),
    (9, Evidence.NO_COUNT.value),
    (10, Evidence.NO_TAKER_VOLUME.value),
    (11, Evidence.NO_TAKER_TURNOVER.value),
)
"""Places of the fields of a bar that can be unknown, each with its bit of `Evidence`."""


def blanked(bar: Bar) -> Bar:
    """The bar with 0 for what is unknown of it, as it has to be, whatever was added up there."""
    sums = (0 if bar.evidence & bit else bar[place] for place, bit in SUM_BITS)
    return _new(Bar, (*bar[:8], *sums, *bar[12:]))


def empty_bar(
    symbol: str, period: Period, open_ms: int, price: Exact, state: State, evidence: int = Evidence.ALL.value
) -> Bar:
    """A bar without trades: all four prices at the previous close, all sums zero."""
    return Bar(symbol, period, open_ms, price, price, price, price, 0, 0, 0, 0, 0, state, evidence)


def merge(earlier: Bar, later: Bar) -> Bar:
    """Both bars as one, with the earlier one's symbol, period and open time.

    A bar without trades lends no prices: the exchange opens a large bar at its first real trade. What either does not know
    is unknown of both, and the weaker witness is that of both.
    """
    # Unpacked and made without the named constructor: each minute of each symbol passes here a dozen times.
    symbol, period, open_ms, opened, high, low, close, volume, turnover, count, bought, paid, state, evidence = earlier
    _, _, _, opened2, high2, low2, close2, volume2, turnover2, count2, bought2, paid2, state2, evidence2 = later
    if state is not state2:
        # Missing trades show through, then an open end; otherwise the less certain of the two.
        state = _PARTIAL if state is _PARTIAL or state2 is _PARTIAL else state if state < state2 else state2  # noqa: FURB136
    evidence |= evidence2
    if volume2:
        if volume:
            high = high2 if high2 > high else high  # noqa: FURB136  # max() and min() take a fifth of the time spent here
            low = low2 if low2 < low else low  # noqa: FURB136
            close = close2
        else:
            opened, high, low, close = opened2, high2, low2, close2
    elif volume or not close2:
        made = _new(Bar, (*earlier[:12], state, evidence))
        return blanked(made) if evidence else made
    else:
        opened, high, low, close = opened2, high2, low2, close2
    made = _new(
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
            evidence,
        ),
    )
    return blanked(made) if evidence else made


_new: Final = tuple.__new__


_PARTIAL: Final = State.PARTIAL


class Check(IntEnum):
    """What a bar is asked, in this order: one whose source is trusted further is asked less."""

    ORDER = 0
    """Open and close lie within low and high."""
    PRICES = 1
    """All prices are above zero."""
    PARTS = 2
    """No sum is negative, and no part is more than its whole."""
    SUMS = 3
    """Volume, turnover, count and prices go together."""


def fault_of(bar: Bar, up_to: Check = Check.SUMS, contract_value: Exact = 0) -> str | None:
    """Why no trades can make this bar; None where some can, as far as it is asked. Unknown fields are not asked.

    `contract_value`: what one contract of an inverse symbol is worth, in price units: its volume counts contracts, and its
    turnover is their worth whatever the price. 0 for all other symbols.
    """
    for check in _CHECKS[: up_to + 1]:
        if fault := check(bar):
            return fault
    return _fault_of_turnovers(bar, contract_value) if up_to >= Check.SUMS else None


def _fault_of_order(bar: Bar) -> str | None:
    if bar.high < bar.low:
        return f"high {exact.price_text(bar.high)} is below low {exact.price_text(bar.low)}"
    for name, price in (("open", bar.open), ("close", bar.close)):
        if not bar.low <= price <= bar.high:
            return f"{name} {exact.price_text(price)} lies outside of low and high"
    return None


def _fault_of_prices(bar: Bar) -> str | None:
    return f"low {exact.price_text(bar.low)} is no price" if bar.low <= 0 else None


def _fault_of_parts(bar: Bar) -> str | None:
    if min(bar[7:12]) < 0:
        return "a sum is negative"
    is_paid_known = not bar.evidence & Evidence.NO_TURNOVER
    if bar.taker_buy_volume > bar.volume or (is_paid_known and bar.taker_buy_turnover > bar.turnover):
        return "the takers bought more than was traded"
    return None


def _fault_of_sums(bar: Bar) -> str | None:
    if not bar.is_traded:
        if any(bar[8:12]):
            return "trades without volume"
        return "prices moved without a trade" if bar.high != bar.low else None
    if not bar.trade_count and not bar.evidence & Evidence.NO_COUNT:
        return f"volume {exact.quantity_text(bar.volume)} without a trade"
    return None


def _fault_of_turnovers(bar: Bar, contract_value: Exact) -> str | None:
    for name, volume, turnover, unknown in (
        ("turnover", bar.volume, bar.turnover, Evidence.NO_TURNOVER),
        (
            "taker turnover",
            bar.taker_buy_volume,
            bar.taker_buy_turnover,
            Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER,
        ),
    ):
        if bar.evidence & unknown:
            continue
        text = f"{name} {exact.turnover_text(turnover)}"
        if contract_value:
            if turnover != volume * contract_value:
                return f"{text} is not what its contracts are worth"
        elif not _can_be_paid(bar, volume, turnover):
            return f"{text} cannot be paid for {exact.quantity_text(volume)} at its prices"
    return None


def _can_be_paid(bar: Bar, volume: Exact, turnover: Exact) -> bool:
    # Where the count is unknown, there are no more trades than units of quantity.
    slack = _STEP * (bar.volume if bar.evidence & Evidence.NO_COUNT else bar.trade_count)
    return bar.low * volume - slack <= turnover <= bar.high * volume + slack


_STEP: Final = parsing.turnover("0.00000001")
"""The exchange writes turnovers with eight decimals, so each of its trades may have lost so much."""

_CHECKS: Final[tuple[Callable[[Bar], str | None], ...]] = (
    _fault_of_order,
    _fault_of_prices,
    _fault_of_parts,
    _fault_of_sums,
)
"""By the number of their `Check`."""
