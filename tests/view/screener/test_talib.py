"""Every indicator equals TA-Lib's on the exchange's own bars, and a plain reading of its definition."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Sequence
from functools import cache
from math import isnan
from typing import Any

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.screener.figure import FigureCall, parsed
from klagg_tui.view.screener.screener import Screener
from tests.conftest import DATA, needs_data
from tests.makers import bar
from tests.view.screener.made import current

PERIODS = (Period.M1, Period.M5, Period.H1, Period.H4, Period.D1, Period.W1)
CALLS = [
    "rsi({})",
    "rsi({},2)",
    "rsi({},21)",
    "natr({})",
    "natr({},2)",
    "natr({},50)",
    "ema({})",
    "ema({},99)",
    "macd({})",
    "macd({},5,35,5)",
    "bb({})",
    "bb({},5,1.5)",
]


@cache
def recorded(period: Period) -> tuple[Bar, ...]:
    """The exchange's own bars of ETHBTC."""
    with gzip.open(DATA / "rollup-spot/ETHBTC-all-periods.csv.gz", "rt") as lines:
        rows = [row for row in csv.DictReader(lines) if row["period"] == str(period)]
    return tuple(
        bar(
            int(row["open_time"]),
            *(row[name] for name in ("open", "high", "low", "close", "volume")),
            symbol="ETHBTC",
            period=period,
        )
        for row in rows
    )


def values(call: FigureCall, bars: Sequence[Bar], *, is_forming: bool) -> list[float | None]:
    """The indicator after each bar, as the current one or as a closed one."""
    now: list[Bar | None] = current()
    screener = Screener(lambda _symbol: now)
    figures = screener.add("ETHBTC")
    screener.use([call])
    found = []
    for newest in bars:
        now[newest.period.ordinal] = newest
        if is_forming:
            found.append(figures.value(call, now))
        screener.take([newest])
        if not is_forming:
            found.append(figures.value(call, now))
    return found


def theirs(talib: Any, numpy: Any, call: FigureCall, bars: Sequence[Bar]) -> list[float]:
    high, low, close = (numpy.array([getattr(each, name) / 1e12 for each in bars]) for name in ("high", "low", "close"))
    args = call.args[1:]
    made: dict[str, Callable[[], Any]] = {
        "rsi": lambda: talib.RSI(close, *args),
        "natr": lambda: talib.NATR(high, low, close, *args),
        "ema": lambda: talib.EMA(close, *args),
        "macd": lambda: talib.MACD(close, *args)[2] / close * 100,
        "bb": lambda: _place(close, *talib.BBANDS(close, args[0], args[1], args[1])),
    }
    found: list[float] = made[call.key]().tolist()
    return found


def _place(close: Any, upper: Any, _middle: Any, lower: Any) -> Any:
    return (close - lower) / (upper - lower) * 100


@needs_data
@pytest.mark.parametrize("text", CALLS)
@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize("is_forming", [False, True], ids=["closed", "forming"])
def test_the_indicator_equals_talibs_after_each_recorded_bar(text: str, period: Period, is_forming: bool) -> None:
    why = "TA-Lib is not installed; it comes with the dev group"
    talib, numpy = pytest.importorskip("talib", reason=why), pytest.importorskip("numpy", reason=why)
    call = parsed(text.format(period), PERIODS)
    bars = recorded(period)[:400]
    found, expected = values(call, bars, is_forming=is_forming), theirs(talib, numpy, call, bars)
    assert [value is None for value in found] == [isnan(number) for number in expected]
    known = [(value, number) for value, number in zip(found, expected, strict=True) if value is not None]
    assert len(known) > 50
    for value, number in known:
        assert value == pytest.approx(number, rel=1e-9, abs=1e-7)
