"""Which bars are asked for."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.period import MINUTE_MS, Period, chain
from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.requests import cheapest_cover, covering_requests, end_of, opens_wanted, pages

DAY = 86_400_000
HOUR = 3_600_000
THURSDAY_0505 = 1_723_075_200_000 + 5 * 3_600_000 + 5 * 60_000

minutes = st.integers(1_500_000_000_000 // MINUTE_MS, 1_900_000_000_000 // MINUTE_MS).map(lambda n: n * MINUTE_MS)
periods = st.sets(st.sampled_from(Period), min_size=1).map(lambda some: chain(tuple(some)))


def test_requests_go_from_days_to_hours_to_minutes() -> None:
    asked = covering_requests((Period.M1, Period.W1), THURSDAY_0505)
    assert [(request.period, request.limit) for request in asked] == [(Period.D1, 3), (Period.H1, 5), (Period.M1, 5)]


def test_short_periods_need_no_long_bars() -> None:
    assert [request.period for request in covering_requests((Period.M1, Period.H1), THURSDAY_0505)] == [Period.M1]
    assert covering_requests((Period.M1,), THURSDAY_0505) == ()
    assert covering_requests((), THURSDAY_0505) == ()


@given(periods, minutes, st.integers(0, 2))
def test_the_requests_cover_every_forming_bar_once_at_the_least_weight_a_request_can_have(
    among: tuple[Period, ...], minute_ms: int, anchor: int
) -> None:
    reached_ms = min(period.open_ms(minute_ms, anchor) for period in among)
    for request in covering_requests(among, minute_ms, anchor):
        assert request.start_ms == reached_ms == request.period.open_ms(request.start_ms, anchor)
        assert request.limit * request.period.nominal_ms == request.end_ms + 1 - request.start_ms
        assert VENUE.requests.bars_cost(request.limit) == 1
        reached_ms = request.end_ms + 1
    assert reached_ms == minute_ms


@given(st.sampled_from([Period.M1, Period.H4, Period.D1]), st.integers(0, 2_000), st.integers(1, 499))
def test_pages_cover_the_whole_stretch_once_newest_first(period: Period, bars: int, rows: int) -> None:
    start_ms = 1_000 * DAY
    end_ms = start_ms + bars * period.nominal_ms
    reached_ms = end_ms
    for page in pages(period, start_ms, end_ms, rows):
        assert page.end_ms + 1 == reached_ms
        assert page.end_ms + 1 - page.start_ms <= page.limit * period.nominal_ms
        reached_ms = page.start_ms
    assert reached_ms == start_ms


def steps(key: str, hours: float, *, reach_ms: int = 0) -> list[tuple[str, int]]:
    """What covers so many hours up to ten past twelve, by period and number of bars."""
    of, minute_ms = venue(key), DAY + 12 * HOUR + 10 * MINUTE_MS
    from_ms = minute_ms - round(hours * HOUR)
    wanted = cheapest_cover(from_ms, minute_ms, of.requests, lambda _: reach_ms, of.candle.periods)
    return [(str(one.period), one.limit) for one in wanted]


def test_a_hole_that_one_page_of_minutes_fills_costs_one_request() -> None:
    assert steps("kraken", 11) == [("1m", 660)]
    assert steps("binance-um", 0.5) == [("1m", 30)]


def test_a_longer_one_is_filled_by_longer_bars_whose_first_may_begin_before_it() -> None:
    assert steps("kraken", 12.1) == [("1h", 12), ("1m", 10)]
    assert steps("hyperliquid", 12.1) == [("1h", 12), ("1m", 10)]


def test_what_no_page_reaches_is_not_asked_for() -> None:
    assert steps("kraken", 11, reach_ms=2 * DAY) == []
    assert steps("kraken", 0) == []


@pytest.mark.parametrize(
    ("period", "start", "count", "end"),
    [
        (Period.M1, "2026-01-01T00:00:00Z", 3, "2026-01-01T00:03:00Z"),
        (Period.M1, "2026-01-01T00:00:01Z", 3, "2026-01-01T00:04:00Z"),
        (Period.W1, "2026-01-01T00:00:00Z", 1, "2026-01-12T00:00:00Z"),
        (Period.MO1, "2026-01-01T00:00:00Z", 2, "2026-03-01T00:00:00Z"),
        (Period.MO1, "2026-01-02T00:00:00Z", 1, "2026-03-01T00:00:00Z"),
    ],
)
def test_bars_end_after_those_that_open_from_a_time_on(period: Period, start: str, count: int, end: str) -> None:
    start_ms, end_ms = (int(datetime.fromisoformat(text).timestamp()) * 1000 for text in (start, end))
    assert end_of(period, start_ms, count) == end_ms


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "limit", "wanted"),
    [
        (None, None, 3, (7, 9)),
        (None, 5 * MINUTE_MS + 1, 3, (3, 5)),
        (None, None, 100, (0, 9)),
        (2 * MINUTE_MS, None, 3, (2, 4)),
        (2 * MINUTE_MS + 1, None, 3, (3, 5)),
        (2 * MINUTE_MS, 3 * MINUTE_MS, 9, (2, 3)),
        (8 * MINUTE_MS, 90 * MINUTE_MS, 9, (8, 9)),
        (12 * MINUTE_MS, None, 9, (12, 9)),
    ],
)
def test_bars_that_are_wanted_open_within_the_range_the_limit_and_the_past(
    start_ms: int | None, end_ms: int | None, limit: int, wanted: tuple[int, int]
) -> None:
    found = opens_wanted(Period.M1, start_ms, end_ms, limit, 9 * MINUTE_MS + 30_000)
    assert found == (wanted[0] * MINUTE_MS, wanted[1] * MINUTE_MS)
