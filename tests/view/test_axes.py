"""Where prices and times stand on a chart."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from klagg_tui.engine.parsing import price
from klagg_tui.engine.period import Period
from klagg_tui.view.axes import PriceScale, price_ticks, scale_of, time_ticks
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


@given(st.integers(1, 10**14), st.integers(1, 10**15), st.integers(2, 60), st.booleans())
def test_prices_beside_a_logarithmic_chart_lie_within_it_from_high_to_low(
    low: int, reach: int, rows: int, has_headroom: bool
) -> None:
    ticks = price_ticks(PriceScale(low, low + reach, rows, has_headroom, is_log=True), 2)
    assert [row for row, _ in ticks] == sorted({row for row, _ in ticks})
    assert all(0 <= row < rows for row, _ in ticks)


def test_equal_ratios_are_equally_far_apart_on_a_logarithmic_scale() -> None:
    scale = PriceScale(10**12, 10**16, 41, is_log=True)
    rows = [scale.row(10**power) for power in range(16, 11, -1)]
    assert [after - before for before, after in itertools.pairwise(rows)] == [10, 10, 10, 10]
    assert [text for _, text in price_ticks(scale, 0)][:4] == ["10,000", "5,000", "2,000", "1,000"]


@pytest.mark.parametrize(
    ("low", "high", "rows", "decimals", "texts"),
    [
        ("64100.5", "65870.1", 17, 1, ["65,500", "65,000", "64,500"]),
        ("0.00001231", "0.00001242", 13, 8, ["0.00001240", "0.00001235"]),
        ("100.2", "100.9", 9, 1, ["100.5"]),
        ("64250.1", "64250.3", 41, 1, ["64,250.3", "64,250.2", "64,250.1"]),
        ("7", "7", 9, 2, ["7"]),
    ],
)
def test_prices_beside_a_chart_are_short_and_grouped_and_no_finer_than_prices_are(
    low: str, high: str, rows: int, decimals: int, texts: list[str]
) -> None:
    scale = PriceScale(price(low), price(high), rows)
    assert [text for _, text in price_ticks(scale, decimals)] == texts


@given(st.integers(1, 10**17), st.integers(1, 10**15), st.integers(5, 60), st.integers(0, 8), st.booleans())
def test_prices_beside_a_chart_differ_and_never_touch(
    low: int, reach: int, rows: int, decimals: int, is_log: bool
) -> None:
    ticks = price_ticks(PriceScale(low, low + reach, rows, is_log=is_log), decimals)
    assert len({text for _, text in ticks}) == len(ticks)
    assert all(after - before >= 2 for (before, _), (after, _) in itertools.pairwise(ticks))


@given(st.integers(1, 10**14), st.integers(1, 10**14), st.integers(5, 60), st.booleans())
def test_a_price_lies_between_the_edges_of_its_row(low: int, reach: int, rows: int, is_log: bool) -> None:
    scale = PriceScale(low, low + reach, rows, is_log=is_log)
    for row in range(rows):
        middle = (scale.edge(row) + scale.edge(row + 1)) / 2
        assert scale.row(middle) == row or reach < 8 * rows


def test_what_is_not_above_zero_is_below_a_logarithmic_chart() -> None:
    scale = PriceScale(10**12, 10**13, 20, is_log=True)
    assert scale.row(0) == 19
    assert scale.quarter(-1.0) >= 4 * 20


@given(st.integers(1, 10**14), st.integers(1, 10**14), st.integers(5, 60), st.booleans())
def test_headroom_is_the_first_row(low: int, reach: int, rows: int, is_log: bool) -> None:
    assume(reach >= rows * 4)
    one = bar()._replace(low=low, high=low + reach)
    scale = scale_of([one], rows, has_headroom=True, is_log=is_log)
    assert scale.row(one.high) == 1 or (is_log and reach * 10**9 < low)
    assert scale.row(one.low) == rows - 1
