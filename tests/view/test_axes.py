"""Where prices and times stand on a chart."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.period import Period
from klagg_tui.view.axes import PriceScale, price_ticks, time_ticks
from tests.makers import START, bar


@given(st.integers(1, 10**14), st.integers(1, 10**13), st.integers(2, 60))
def test_prices_beside_a_chart_lie_within_it_from_high_to_low(low: int, reach: int, rows: int) -> None:
    ticks = price_ticks(PriceScale(low, low + reach, rows), 2)
    assert [row for row, _ in ticks] == sorted({row for row, _ in ticks})
    assert all(0 <= row < rows for row, _ in ticks)


@given(st.sampled_from(list(Period)), st.sampled_from([1, 2, 4, 6]), st.integers(1, 300))
def test_times_below_a_chart_never_touch(period: Period, step: int, count: int) -> None:
    bars = [bar(period.open_ms(START) + i * period.nominal_ms, period=period) for i in range(count)]
    ticks = time_ticks(bars, step, period, local=False)
    for (x, text), (following, _) in itertools.pairwise(ticks):
        assert x + len(text) < following
