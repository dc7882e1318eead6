"""Bars of every kind and the lines that are made of them."""

from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting.formats import csv, jsonl
from klagg_tui.exporting.programs import backtesting
from klagg_tui.exporting.series import Series
from tests.makers import START, bar

ROW = "1723161300000,61807.70,61839.90,61760.30,61760.30,136.450,1723161359999,8432904.62160,2005,57.185,3534417.70220,0\n"
RECORDED = bar(
    1_723_161_300_000,
    "61807.7",
    "61839.9",
    "61760.3",
    "61760.3",
    "136.45",
    turnover_text="8432904.6216",
    trade_count=2005,
    taker_buy_volume="57.185",
    taker_buy_turnover="3534417.7022",
)
PRICES = st.integers(0, 10**26)
QUANTITIES = st.integers(0, 10**22)
BARS = st.builds(
    Bar,
    symbol=st.just("BTCUSDT"),
    period=st.sampled_from(Period),
    open_ms=st.just(START),
    **dict.fromkeys(("open", "high", "low", "close"), PRICES),
    **dict.fromkeys(("volume", "taker_buy_volume"), QUANTITIES),
    **dict.fromkeys(("turnover", "taker_buy_turnover"), st.integers(0, 10**44)),
    trade_count=st.integers(0, 10**12),
    state=st.sampled_from(State),
    evidence=st.just(0),
)
PRECISIONS = st.builds(Precision, st.integers(0, 12), st.integers(0, 8))
LINES = st.sampled_from([csv.line, csv.series_line, jsonl.line, backtesting.line])


@st.composite
def usual_bars(draw: st.DrawFn) -> Bar:
    """Bars whose values need few decimals, as a market's do."""
    price, quantity = draw(st.integers(0, 5) | st.just(12)), draw(st.integers(0, 3))
    kinds = [(10 ** (12 - price), 10**9)] * 4 + [(10 ** (8 - quantity), 10**9)] * 2
    kinds += [(10 ** (20 - price - quantity), 10**15)] * 2
    o, h, low, c, volume, bought, paid, spent = (unit * draw(st.integers(0, most)) for unit, most in kinds)
    one = draw(BARS)
    return Bar(one.symbol, one.period, START, o, h, low, c, volume, paid, one.trade_count, bought, spent, one.state)


def series(precision: Precision, symbol: str = "BTCUSDT", period: Period = Period.M1) -> Series:
    return Series(symbol, period, precision)
