"""What each figure looks at, and how it is read: a line for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import Period
from klagg_tui.view.screener import contract
from klagg_tui.view.screener.day import A_DAY, FROM_DAY, OfDay
from klagg_tui.view.screener.extremes import Extreme, FirstKnown
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.indicators import Bollinger, Carried, Ema, Macd, Natr, Rsi, exponential, wilder
from klagg_tui.view.screener.kinds import Argument
from klagg_tui.view.screener.listing import Listed
from klagg_tui.view.screener.longer import SHORTEST, Longer, Start
from klagg_tui.view.screener.readings import (
    Carry,
    Change,
    Distance,
    Highest,
    Known,
    Reach,
    Reading,
    Sum,
    Vwap,
)
from klagg_tui.view.screener.relative import Better, RelativeVolume, Speed
from klagg_tui.view.screener.returns import Together, Volatility
from klagg_tui.view.screener.series import Run
from klagg_tui.view.screener.symbol import SymbolFigures
from klagg_tui.view.screener.tape import SUMS
from klagg_tui.view.screener.windows import PaidWindow, PairWindow, ReturnWindow, SumWindow

_NEARLY: Final = 0.9
_HALF: Final = 0.5
_ENOUGH: Final[Mapping[str, float]] = {
    "chg": _NEARLY,
    "oi": _NEARLY,
    **dict.fromkeys(
        [
            "turnover",
            "vol",
            "trades",
            "high",
            "low",
            "range",
            "from_high",
            "from_low",
            "delta",
            "cvd",
            "vwap",
            "rvol",
            "speed",
            "volatility",
            "corr",
            "beta",
        ],
        _HALF,
    ),
}
"""Which part of its window has to be known of a figure before it is told: less would be another, shorter window's."""


class Bars(NamedTuple):
    """Bars of a period that an indicator looks at."""

    period: Period
    wanted: int
    """After so many the first ones do not matter any more."""
    has_reach: bool
    """Whether highs and lows matter."""


class Look(NamedTuple):
    """What a figure looks at."""

    minutes: Mapping[str, int]
    """Closed minutes by field of the tape."""
    bars: Bars | None = None


# Arguments are of the kinds that the catalogue names: see `FigureCall`.
_Looking: TypeAlias = Callable[..., Look]
_Making: TypeAlias = Callable[..., Reading | None]


def look_of(call: FigureCall) -> Look:
    """What the figure looks at."""
    return _RECIPES[call.key][0](*call.args)


def enough_of(call: FigureCall) -> float:
    """Which part of its window has to be known of a figure before it is told; 0 where it has none."""
    return _ENOUGH.get(call.key, 0.0)


def is_of_day(call: FigureCall) -> bool:
    """Whether it is read from the exchange's word on the last 24 hours as long as our own minutes do not cover them."""
    return call.args == (A_DAY,) and call.key in FROM_DAY


def make(figures: SymbolFigures, call: FigureCall) -> Reading | None:
    """Its reading of a symbol; None where the symbol cannot have the figure."""
    reading = _RECIPES[call.key][1](figures, *call.args)
    if reading is not None and (enough := enough_of(call)):
        reading = Known(reading, figures.tape, enough)
    if reading is not None and is_of_day(call):
        return OfDay(reading, figures.tape, figures.told, FROM_DAY[call.key])
    return reading


def _sum_window(figures: SymbolFigures, field: str, window: int) -> SumWindow:
    tape = figures.tape
    return figures.counter(SumWindow, lambda: SumWindow(tape, window - 1, tape.ring(field)), field, window)


def _longer(figures: SymbolFigures, window: int, *fields: str) -> Longer | None:
    """What stands in for minutes that are not known; None where the window is short, or no longer bars are kept."""
    tapes = tuple(figures.longer.values())
    if window <= SHORTEST or not tapes:
        return None
    make = partial(Longer, figures.tape, tapes, fields, window)
    return figures.counter(Longer, make, fields, window, tapes)


def _sum(figures: SymbolFigures, field: str, window: int) -> Sum:
    return Sum(_sum_window(figures, field, window), SUMS[field], _longer(figures, window, field))


def _highest(figures: SymbolFigures, field: str, window: int) -> Highest:
    tape, sign = figures.tape, 1 if field == "high" else -1
    counter = figures.counter(Extreme, lambda: Extreme(tape, window - 1, tape.ring(field), sign), field, window)
    return Highest(counter, _longer(figures, window, field))


def _change(figures: SymbolFigures, window: int) -> Change:
    tape, tapes = figures.tape, tuple(figures.longer.values())
    first = figures.counter(FirstKnown, lambda: FirstKnown(tape, window, tape.ring("close")), window)
    if window <= SHORTEST or not tapes:
        return Change(first)
    return Change(first, figures.counter(Start, lambda: Start(tape, tapes, window), window, tapes))


def _vwap(figures: SymbolFigures, window: int) -> Vwap | None:
    if figures.is_inverse:
        return None
    tape = figures.tape
    paid = figures.counter(
        PaidWindow, lambda: PaidWindow(tape, window - 1, tape.ring("turnover"), tape.ring("volume")), window
    )
    return Vwap(paid, SUMS["turnover"], SUMS["volume"], _longer(figures, window, "turnover", "volume"))


def _relative(figures: SymbolFigures, window: int, count: int) -> Better:
    def by(field: str) -> RelativeVolume:
        return RelativeVolume(_sum(figures, field, window), _sum(figures, field, window * (count + 1)))

    return Better(by("turnover"), by("volume"), figures.tape)


def _speed(figures: SymbolFigures) -> Speed:
    return Speed(_sum_window(figures, "trades", _AN_HOUR), SUMS["trades"], figures.now_ms)


def _volatility(figures: SymbolFigures, window: int) -> Volatility:
    tape = figures.tape
    return Volatility(figures.counter(ReturnWindow, lambda: ReturnWindow(tape, window - 1, tape.ring("close")), window))


def _together(figures: SymbolFigures, window: int, *, is_slope: bool) -> Together | None:
    peer = figures.peer
    if peer is None:
        return None
    ours, theirs = figures.tape, peer.tape
    pair = figures.counter(PairWindow, lambda: PairWindow(ours, theirs, window - 1), peer.symbol, window)
    return Together(pair, figures.peer_bar, is_slope=is_slope)


_AN_HOUR: Final = 61
"""Minutes with the one under way."""


def _minutes(*fields: str) -> _Looking:
    return lambda window, *_: Look(dict.fromkeys(fields, window))


def _carried(
    count_of: Callable[..., int], fresh: Callable[..., Carried], *, has_reach: bool = False
) -> tuple[_Looking, _Making]:
    def looking(period: Period, *args: Argument) -> Look:
        return Look({}, Bars(period, count_of(*args), has_reach))

    def making(figures: SymbolFigures, period: Period, *args: Argument) -> Reading:
        series = figures.series[period]
        return Carry(figures.counter(Run, lambda: Run(series, fresh(*args)), fresh, period, args), count_of(*args))

    return looking, making


def _nothing(*_: Argument) -> Look:
    """What is told beside trades looks at no bars."""
    return Look({})


def _present(read: Callable[[DerivativeMinute, int], float | None]) -> tuple[_Looking, _Making]:
    return _nothing, lambda figures: contract.Present(figures.contract, read)


def _summed(field: str) -> tuple[_Looking, _Making]:
    return _minutes(field), lambda figures, window: _sum(figures, field, window)


_RECIPES: Final[Mapping[str, tuple[_Looking, _Making]]] = {
    "chg": (_minutes("close"), _change),
    "turnover": _summed("turnover"),
    "vol": _summed("volume"),
    "trades": _summed("trades"),
    "high": (_minutes("high"), lambda figures, window: _highest(figures, "high", window)),
    "low": (_minutes("low"), lambda figures, window: _highest(figures, "low", window)),
    "range": (
        _minutes("high", "low"),
        lambda figures, window: Reach(_highest(figures, "high", window), _highest(figures, "low", window)),
    ),
    "from_high": (_minutes("high"), lambda figures, window: Distance(_highest(figures, "high", window))),
    "from_low": (_minutes("low"), lambda figures, window: Distance(_highest(figures, "low", window))),
    "delta": _summed("delta"),
    "cvd": _summed("cvd"),
    "vwap": (_minutes("turnover", "volume"), _vwap),
    "rvol": (lambda window, count: Look(dict.fromkeys(("turnover", "volume"), window * (count + 1))), _relative),
    "speed": (lambda: Look({"trades": _AN_HOUR}), _speed),
    "volatility": (_minutes("close"), _volatility),
    "corr": (_minutes("close"), lambda figures, window: _together(figures, window, is_slope=False)),
    "beta": (_minutes("close"), lambda figures, window: _together(figures, window, is_slope=True)),
    # An average has forgotten its beginning but for e**-10 after ten times its length (Wilder's), or five times.
    "natr": _carried(lambda n: 10 * n, lambda n: Natr(wilder(n)), has_reach=True),
    "rsi": _carried(lambda n: 10 * n, lambda n: Rsi(wilder(n), wilder(n))),
    "ema": _carried(lambda n: 5 * n, lambda n: Ema(exponential(n))),
    "macd": _carried(
        lambda _fast, slow, signal: 5 * (slow + signal),
        lambda fast, slow, signal: Macd(exponential(fast), exponential(slow), exponential(signal)),
    ),
    "bb": _carried(lambda n, _k: n, Bollinger),
    "listed": (_nothing, lambda figures: Listed(figures.listing, figures.now_ms)),
    "mark": _present(contract.mark),
    "index": _present(contract.index),
    "basis": _present(contract.basis),
    "funding": _present(contract.funding),
    "funding_in": _present(contract.funding_in),
    "funding_year": _present(contract.funding_year),
    "open_interest": (_nothing, lambda figures: contract.Held(figures.contract, is_paid=False)),
    "oi_value": (
        _nothing,
        lambda figures: None if figures.is_inverse else contract.Held(figures.contract, is_paid=True),
    ),
    "oi": (_nothing, lambda figures, window: contract.HeldChange(figures.contract, window)),
    "liq_long": (
        _nothing,
        lambda figures, window: contract.Liquidated(figures.contract, figures.contract.longs, window),
    ),
    "liq_short": (
        _nothing,
        lambda figures, window: contract.Liquidated(figures.contract, figures.contract.shorts, window),
    ),
}
