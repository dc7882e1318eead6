"""Averages, Bollinger bands, RSI, MACD, delta and its sum: equal to TA-Lib's, or to a plain sum."""

import numpy as np
import pytest
import talib

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.view.indicators.averages import average, ema
from klagg_tui.view.indicators.bollinger import band
from klagg_tui.view.indicators.delta import cvd, delta
from klagg_tui.view.indicators.indicator import Curve
from klagg_tui.view.indicators.macd import macd
from klagg_tui.view.indicators.rsi import rsi
from tests.makers import DAY, MINUTE, START, bar

CLOSES = [100 + (i * 37 % 23) / 4 + i / 10 for i in range(120)]
BARS = [bar(START + i * MINUTE, str(close)) for i, close in enumerate(CLOSES)]


def _same(curve: Curve, theirs: "np.ndarray[tuple[int], np.dtype[np.float64]]", unit: float = 1.0) -> None:
    assert [value is None for value in curve] == [bool(gone) for gone in np.isnan(theirs)]
    ours = [value / unit for value in curve if value is not None]
    assert ours == pytest.approx([float(value) for value in theirs if not np.isnan(value)], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("length", [2, 14, 21, 50])
def test_rsi_is_that_of_ta_lib_whatever_its_length(length: int) -> None:
    _same(rsi(length, BARS, Period.M1), talib.RSI(np.array(CLOSES), length))


@pytest.mark.parametrize("lengths", [(12, 26, 9), (5, 35, 5), (2, 3, 1)])
@pytest.mark.parametrize("part", [0, 1, 2], ids=["macd", "signal", "histogram"])
def test_macd_is_that_of_ta_lib_whatever_its_lengths(part: int, lengths: tuple[int, int, int]) -> None:
    _same(macd(part, *lengths, BARS, Period.M1), talib.MACD(np.array(CLOSES), *lengths)[part], 1e12)


@pytest.mark.parametrize(("length", "deviations"), [(20, 2), (2, 0.1), (50, 3), (34, 2.5)])
def test_the_bands_are_those_of_ta_lib_whatever_their_length(length: int, deviations: float) -> None:
    upper, _, lower = talib.BBANDS(np.array(CLOSES), length, deviations, deviations)
    _same(band(1, length, deviations, BARS, Period.M1), upper, 1e12)
    _same(band(-1, length, deviations, BARS, Period.M1), lower, 1e12)


@pytest.mark.parametrize("length", [2, 7, 20, 99])
def test_averages_are_those_of_ta_lib_whatever_their_length(length: int) -> None:
    _same(average(length, BARS, Period.M1), talib.SMA(np.array(CLOSES), length), 1e12)
    _same(ema(length, BARS, Period.M1), talib.EMA(np.array(CLOSES), length), 1e12)


def test_delta_is_what_was_bought_less_what_was_sold_and_its_sum_begins_anew_each_day() -> None:
    bars = [bar(START + at, volume="8")._replace(taker_buy_volume=bought * 10**8)
            for at, bought in ((-2 * MINUTE, 8), (-MINUTE, 3), (0, 5), (MINUTE, 0))]  # fmt: skip
    assert delta(bars, Period.M1) == [8, -2, 2, -8]
    assert cvd(bars, Period.M1) == [8, 6, 2, -6]
    assert cvd(bars, Period.D1) == [8, 6, 8, 0]


def test_a_bar_that_does_not_tell_its_takers_counts_for_nothing() -> None:
    bars = [bar(START + i * DAY, volume="8")._replace(taker_buy_volume=8 * 10**8) for i in range(3)]
    bars[1] = bars[1]._replace(evidence=Evidence.NO_TAKER_VOLUME)
    assert cvd(bars, Period.D1) == [8, None, 16]
