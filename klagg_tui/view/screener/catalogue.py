"""Every figure, in the order of the help.

A new figure is an entry here and a line where its values are made: filters, columns, help and documentation read them from here.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.view.screener.kinds import LONGEST, Figure, FigureUnit, Kind, Parameter, window_text


def _rvol_fault(window: int, count: int) -> str | None:
    if window * (count + 1) <= LONGEST:
        return None
    fitting = LONGEST // window - 1
    advice = f"; at most rvol({window_text(window)},{fitting})" if fitting else ""
    return f"rvol({window_text(window)},{count}) looks back more than {window_text(LONGEST)}{advice}."


def _macd_fault(_period: Period, fast: int, slow: int, _signal: int) -> str | None:
    return None if fast < slow else f"The first average of macd is the faster one: {fast} is not below {slow}."


def _long(default: int = 1440, least: int = 1) -> tuple[Parameter, ...]:
    return (Parameter("window", Kind.WINDOW, default, least),)


def _period(default: Period = Period.H1) -> Parameter:
    return Parameter("period", Kind.PERIOD, default)


def _bars(default: int, name: str = "bars", least: int = 2) -> Parameter:
    return Parameter(name, Kind.COUNT, default, least)


_ALL: Final = (
    Figure(
        "chg",
        "Chg",
        "newest price against the close before the window, in percent",
        _long(),
        FigureUnit.PERCENT,
        "chg(24h)",
        is_signed=True,
        aliases=("change",),
    ),
    Figure(
        "turnover",
        "Turn",
        "price × amount traded in the window, in the quote coin",
        _long(),
        FigureUnit.MONEY,
        "turnover(24h)",
    ),
    Figure(
        "vol",
        "Volume",
        "amount traded in the window, in the base coin",
        _long(),
        FigureUnit.AMOUNT,
        "vol(24h)",
        aliases=("volume",),
    ),
    Figure(
        "trades",
        "Trades",
        "number of trades in the window",
        _long(),
        FigureUnit.COUNT,
        "trades(1h)",
        aliases=("count",),
    ),
    Figure("high", "High", "highest price in the window", _long(), FigureUnit.PRICE, "high(24h)"),
    Figure("low", "Low", "lowest price in the window", _long(), FigureUnit.PRICE, "low(24h)"),
    Figure(
        "range",
        "Range",
        "highest against lowest price in the window, in percent",
        _long(),
        FigureUnit.PERCENT,
        "range(24h)",
    ),
    Figure(
        "from_high",
        "Off high",
        "newest price against the highest in the window, in percent: 0 at the high, below it less",
        _long(1440),
        FigureUnit.PERCENT,
        "from_high(24h)",
        is_signed=True,
        is_one_sided=True,
    ),
    Figure(
        "from_low",
        "Off low",
        "newest price against the lowest in the window, in percent: 0 at the low, above it more",
        _long(1440),
        FigureUnit.PERCENT,
        "from_low(24h)",
        is_signed=True,
        is_one_sided=True,
    ),
    Figure(
        "delta",
        "Delta",
        "what takers bought less what they sold in the window, in the quote coin",
        _long(1440),
        FigureUnit.MONEY,
        "delta(1h)",
        is_signed=True,
    ),
    Figure(
        "cvd",
        "CVD",
        "cumulative volume delta: what takers bought less what they sold since the window began, in the base coin",
        _long(1440),
        FigureUnit.AMOUNT,
        "cvd(24h)",
        is_signed=True,
    ),
    Figure(
        "vwap",
        "VWAP",
        "turnover by volume in the window: the price that was paid on average",
        _long(1440),
        FigureUnit.PRICE,
        "vwap(24h)",
    ),
    Figure(
        "rvol",
        "RVol",
        "relative volume: turnover in the window against its mean over the windows of that length before it, 20 of them"
        " unless told otherwise; 3 is three times the usual; by amount where an exchange's candles have no turnover",
        (*_long(5), _bars(20, "windows", 1)),
        FigureUnit.TIMES,
        "rvol(5m)",
        fault_of=_rvol_fault,
    ),
    Figure(
        "speed",
        "Speed",
        "trades a second in the last minute against their mean over the hour before it",
        (),
        FigureUnit.TIMES,
        "speed",
    ),
    Figure(
        "volatility",
        "Volat",
        "standard deviation of the log returns of the window's minutes, scaled to a day by the root of time, in percent",
        _long(1440, 3),
        FigureUnit.PERCENT,
        "volatility(24h)",
    ),
    Figure(
        "corr",
        "Corr",
        "correlation with BTC at the same exchange (Pearson, log returns of the window's minutes): 1 moves with it, 0 by"
        " itself, -1 against it",
        _long(60, 3),
        FigureUnit.RATIO,
        "corr(1h)",
        is_signed=True,
    ),
    Figure(
        "beta",
        "Beta",
        "how much of BTC's move at the same exchange it makes (slope of the log returns of the window's minutes): 2 moves"
        " twice as far",
        _long(60, 3),
        FigureUnit.RATIO,
        "beta(1h)",
        is_signed=True,
    ),
    Figure(
        "natr",
        "NATR",
        "average true range (Wilder) of the period's bars, 14 unless told otherwise, in percent of the close",
        (_period(Period.M5), _bars(14, least=1)),
        FigureUnit.PERCENT,
        "natr(5m)",
    ),
    Figure(
        "rsi",
        "RSI",
        "relative strength index (Wilder) of the period's bars, 14 unless told otherwise: 0 to 100, under 30 oversold,"
        " over 70 overbought",
        (_period(), _bars(14)),
        FigureUnit.SCORE,
        "rsi(1h)",
    ),
    Figure(
        "ema",
        "EMA",
        "exponential moving average of the period's closes, 20 bars unless told otherwise, as a price",
        (_period(), _bars(20)),
        FigureUnit.PRICE,
        "ema(1h,50)",
    ),
    Figure(
        "macd",
        "MACD",
        "histogram of the moving average convergence divergence of the period's closes, 12, 26 and 9 bars unless told"
        " otherwise, in percent of the close: above 0 the averages part upward",
        (_period(), _bars(12, "fast"), _bars(26, "slow"), _bars(9, "signal", 1)),
        FigureUnit.PERCENT,
        "macd(1h)",
        is_signed=True,
        fault_of=_macd_fault,
    ),
    Figure(
        "bb",
        "BB",
        "where the close stands between the Bollinger bands of the period's closes, 20 bars and 2 deviations unless told"
        " otherwise: 0 at the lower band, 100 at the upper one",
        (_period(), _bars(20), Parameter("deviations", Kind.FACTOR, 2.0)),
        FigureUnit.SCORE,
        "bb(1h)",
        aliases=("bollinger",),
    ),
    Figure(
        "listed",
        "Listed",
        "days since trading began, as the exchange's listing tells; where it does not, at least those since the oldest"
        " stored bar",
        (),
        FigureUnit.DAYS,
        "listed",
        is_floor=True,
    ),
    Figure(
        "mark",
        "Mark",
        "mark price: at which positions are valued and liquidated",
        (),
        FigureUnit.PRICE,
        "mark",
        is_told=True,
    ),
    Figure(
        "index",
        "Index",
        "index price: that of the coin at the spot markets that the contract follows",
        (),
        FigureUnit.PRICE,
        "index",
        is_told=True,
    ),
    Figure(
        "basis",
        "Basis",
        "mark price against the index price, in percent",
        (),
        FigureUnit.RATE,
        "basis",
        is_signed=True,
        is_told=True,
    ),
    Figure(
        "funding",
        "Funding",
        "funding rate that is paid next, in percent: above 0 longs pay shorts",
        (),
        FigureUnit.RATE,
        "funding",
        is_signed=True,
        is_told=True,
    ),
    Figure(
        "funding_in",
        "Fund in",
        "time until funding is paid, in minutes",
        (),
        FigureUnit.MINUTES,
        "funding_in",
        is_told=True,
    ),
    Figure(
        "funding_year",
        "Fund/yr",
        "funding rate of a year in which every payment is as the next one, in percent",
        (),
        FigureUnit.PERCENT,
        "funding_year",
        is_signed=True,
        is_told=True,
    ),
    Figure(
        "open_interest",
        "OI",
        "open interest: what all open positions hold, in the base coin, or in contracts where volume counts those",
        (),
        FigureUnit.AMOUNT,
        "open_interest",
        is_told=True,
    ),
    Figure(
        "oi_value",
        "OI value",
        "open interest at the mark price, in the quote coin",
        (),
        FigureUnit.MONEY,
        "oi_value",
        is_told=True,
    ),
    Figure(
        "oi",
        "OI chg",
        "open interest now against that before the window, in percent",
        _long(60),
        FigureUnit.PERCENT,
        "oi(1h)",
        is_signed=True,
        is_told=True,
    ),
    Figure(
        "liq_long",
        "Liq long",
        "long positions liquidated in the window, in the quote coin, as far as the exchange tells them",
        _long(60),
        FigureUnit.MONEY,
        "liq_long(1h)",
        is_told=True,
    ),
    Figure(
        "liq_short",
        "Liq short",
        "short positions liquidated in the window, in the quote coin, as far as the exchange tells them",
        _long(60),
        FigureUnit.MONEY,
        "liq_short(1h)",
        is_told=True,
    ),
)

FIGURES: Final = {figure.key: figure for figure in _ALL}
"""By key, in the order of the help."""
BY_NAME: Final = {name: figure for figure in _ALL for name in (figure.key, *figure.aliases)}
"""By every name that may be written."""
