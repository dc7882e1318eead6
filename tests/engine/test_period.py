from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.period import (
    DAY_MS,
    DEFAULT_PERIODS,
    DEFAULT_THREE_DAY_ANCHOR,
    MINUTE_MS,
    Period,
    chain,
    child_of,
)
from klagg_tui.errors import BadPeriod
from tests import oracle
from tests.makers import DAY, HOUR, START

moments = st.integers(0, 4_102_444_800_000)
"""Up to the year 2100."""
periods = st.sampled_from(Period)
anchors = st.integers(0, 2)


@given(periods, moments, anchors)
def test_a_bar_opens_where_the_calendar_says(period: Period, at_ms: int, anchor: int) -> None:
    assert period.open_ms(at_ms, anchor) == oracle.open_ms(str(period), at_ms, anchor)


@given(periods, moments, anchors)
def test_a_bar_ends_where_the_next_one_opens(period: Period, at_ms: int, anchor: int) -> None:
    open_ms = period.open_ms(at_ms, anchor)
    end_ms = period.end_ms(open_ms)
    assert open_ms <= at_ms < end_ms
    assert period.open_ms(end_ms - 1, anchor) == open_ms
    assert period.open_ms(end_ms, anchor) == end_ms


@given(periods, periods, moments, anchors)
def test_bars_of_a_period_that_divides_never_cross_the_edges_of_the_larger(
    period: Period, larger: Period, at_ms: int, anchor: int
) -> None:
    if period.divides(larger):
        assert larger.open_ms(period.open_ms(at_ms, anchor), anchor) == larger.open_ms(at_ms, anchor)
        assert period.end_ms(period.open_ms(at_ms, anchor)) <= larger.end_ms(larger.open_ms(at_ms, anchor))


def test_no_period_divides_itself_or_a_shorter_one() -> None:
    assert not [(one, two) for one in Period for two in Period if not one < two and one.divides(two)]


@pytest.mark.parametrize(
    ("period", "larger", "divides"),
    [
        ("1m", "1M", True),
        ("3m", "5m", False),
        ("8h", "12h", False),
        ("4h", "6h", False),
        ("8h", "3d", True),
        ("3d", "1w", False),
        ("3d", "1M", False),
        ("1w", "1M", False),
        ("1d", "1w", True),
        ("1d", "1M", True),
    ],
)
def test_only_periods_that_fit_without_rest_divide(period: str, larger: str, divides: bool) -> None:
    assert Period(period).divides(Period(larger)) is divides


def test_there_are_the_fifteen_periods_of_the_exchange_from_short_to_long() -> None:
    assert tuple(map(str, Period)) == oracle.PERIODS
    assert [period.ordinal for period in Period] == list(range(15))
    assert sorted(Period, key=lambda period: period.nominal_ms) == list(Period) == sorted(Period)
    assert tuple(map(str, DEFAULT_PERIODS)) == ("1m", "5m", "30m", "1h", "4h", "1d", "1w")


def test_a_minute_and_a_month_are_distinguished_by_case() -> None:
    assert Period.parse("1m") is Period.M1
    assert Period.parse("1M") is Period.MO1


@pytest.mark.parametrize("text", ["", "1s", "1D", "1mo", "60m", " 1m", "M1"])
def test_an_unknown_period_is_refused_with_a_list_of_those_there_are(text: str) -> None:
    with pytest.raises(BadPeriod, match=r"there are 1m, 3m, .*1M"):
        Period.parse(text)


def test_a_week_opens_on_monday_and_a_month_on_the_first_also_over_the_new_year() -> None:
    new_year = 1_735_689_600_000  # 2025-01-01, a Wednesday
    assert Period.W1.open_ms(new_year) == new_year - 2 * DAY_MS
    assert Period.MO1.open_ms(new_year - 1) == new_year - 31 * DAY_MS
    assert Period.MO1.end_ms(Period.MO1.open_ms(new_year - 1)) == new_year
    assert Period.MO1.end_ms(1_706_745_600_000) - 1_706_745_600_000 == 29 * DAY_MS  # February 2024


def test_any_set_of_periods_becomes_a_chain_that_begins_with_the_minute() -> None:
    assert chain(()) == (Period.M1,)
    assert chain((Period.W1, Period.M5, Period.W1)) == (Period.M1, Period.M5, Period.W1)


def test_a_period_is_rolled_up_from_the_longest_that_divides_it() -> None:
    assert child_of(Period.W1, DEFAULT_PERIODS) is Period.D1
    assert child_of(Period.D1, (Period.M1, Period.H12, Period.H8)) is Period.H12
    assert child_of(Period.M3, (Period.H1,)) is Period.M1
    assert child_of(Period.M1, DEFAULT_PERIODS) is Period.M1
    assert MINUTE_MS * 1440 == DAY_MS


@pytest.mark.parametrize("period", list(Period))
def test_a_bar_opens_on_the_grid_and_nowhere_else(period: Period) -> None:
    open_ms = period.open_ms(1_700_000_000_000)
    assert period.is_on_grid(open_ms)
    assert period.is_on_grid(open_ms, DEFAULT_THREE_DAY_ANCHOR)
    assert not period.is_on_grid(open_ms + 1)


def test_a_three_day_bar_opens_on_any_day_where_its_anchor_is_unknown() -> None:
    assert [Period.D3.is_on_grid(day * DAY_MS) for day in range(4)] == [True] * 4
    assert [Period.D3.is_on_grid(day * DAY_MS, 1) for day in range(4)] == [False, True, False, False]


def test_bars_are_counted_from_one_open_time_to_before_another_time() -> None:
    assert Period.M5.count(START, START + HOUR) == 12
    assert Period.M5.count(START, START + HOUR + 1) == 13
    january = 1_704_067_200_000
    assert Period.M5.count(START, START) == Period.MO1.count(january, january - DAY) == 0
    assert Period.MO1.count(january, january + 366 * DAY) == 12
