"""The ring of minutes: prices as they came, sums in four bytes, nothing kept that nobody looks at."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.view.screener.extremes import Extreme
from klagg_tui.view.screener.tape import MOST, SPARE, Ring, Tape
from klagg_tui.view.screener.windows import SumWindow
from tests.view.screener.made import CANDLE_LACKS, FIRST, Shape, minute_bar


def tape(**lengths: int) -> Tape:
    made = Tape()
    made.fit(lengths or {"close": 10, "high": 10, "low": 10, "turnover": 10})
    return made


def price_bar(minute: int, price: int) -> Bar:
    """A bar at one price, in units of 1e-12."""
    return minute_bar(minute, Shape())._replace(open=price, high=price, low=price, close=price)


def close_at(made: Tape, minute: int) -> int:
    ring = made.ring("close")
    return int(ring.values[minute % ring.size]) * made.unit


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, PRICE_DECIMALS)), min_size=1, max_size=10))
def test_prices_come_out_as_they_went_in_whatever_decimals_they_have(prices: list[tuple[int, int]]) -> None:
    made = tape()
    units = [number * 10**decimals for number, decimals in prices]
    for place, price in enumerate(units):
        made.take(price_bar(FIRST + place, price))
    assert [close_at(made, FIRST + place) for place in range(len(units))] == units


def test_prices_take_two_bytes_until_they_need_more() -> None:
    made = tape()
    made.take(minute_bar(FIRST, Shape(), decimals=3))
    assert made.ring("close").values.itemsize == 2
    made.take(price_bar(FIRST + 1, 97_123_45 * 10**10))
    assert made.ring("close").values.itemsize == 4
    assert close_at(made, FIRST) == 10**12
    made.take(price_bar(FIRST + 2, 1_234_567_890_123))
    assert made.ring("close").values.itemsize == 8
    assert [close_at(made, FIRST + place) for place in range(3)] == [10**12, 97_123_45 * 10**10, 1_234_567_890_123]


def test_a_price_beyond_eight_bytes_of_its_ticks_stays_at_the_highest() -> None:
    made = tape()
    made.take(price_bar(FIRST, 10**20 + 1))
    assert close_at(made, FIRST) == MOST
    made.take(price_bar(FIRST + 1, 7))
    assert close_at(made, FIRST + 1) == 7


def test_a_bar_without_a_price_says_nothing() -> None:
    made = tape()
    assert not made.take(price_bar(FIRST, 0))
    assert made.end == 0


def test_a_minute_told_again_changes_nothing_and_one_too_old_neither() -> None:
    made = tape()
    for place in range(30):
        assert made.take(minute_bar(FIRST + place, Shape(close=place, evidence=CANDLE_LACKS.value * (place % 2))))
    for place in (28, 29):
        assert not made.take(minute_bar(FIRST + place, Shape(close=place, evidence=CANDLE_LACKS.value * (place % 2))))
    assert not made.take(minute_bar(FIRST + 29 - 10 - SPARE, Shape()))
    assert made.take(minute_bar(FIRST + 28, Shape(close=28, lots=2)))
    assert made.take(minute_bar(FIRST + 29, Shape(close=29)))


def test_an_older_minute_leaves_what_is_held_for_a_shorter_time_alone() -> None:
    made = tape(close=30, high=3, turnover=2)
    for place in range(30):
        made.take(minute_bar(FIRST + place, Shape(close=place)))
    high, turnover = made.ring("high"), made.ring("turnover")
    before = high.values[:], turnover.values[:]
    assert made.take(minute_bar(FIRST + 5, Shape(close=77, lots=9)))
    assert close_at(made, FIRST + 5) == 1_077 * 10**10
    assert (high.values, turnover.values) == before
    assert not made.take(minute_bar(FIRST + 5, Shape(close=77, lots=8)))


def test_that_a_minute_is_partial_is_news_and_goes_with_the_bar_that_is_whole() -> None:
    made = tape()
    made.take(minute_bar(FIRST, Shape()))
    assert made.take(minute_bar(FIRST, Shape(is_partial=True)))
    assert made.partial_in(FIRST, FIRST + 1) == 1
    assert made.take(minute_bar(FIRST, Shape()))
    assert made.partial_in(FIRST, FIRST + 1) == 0


def test_partial_minutes_that_have_left_are_forgotten() -> None:
    made = tape()
    for place in range(1_000):
        made.take(minute_bar(FIRST + place, Shape(is_partial=True)))
    assert len(made.partial) < 300
    assert made.partial_in(FIRST + 990, FIRST + 1_000) == 10


def test_minutes_that_were_skipped_are_unknown_however_many() -> None:
    made = tape()
    made.take(minute_bar(FIRST, Shape()))
    made.take(minute_bar(FIRST + 3, Shape()))
    assert [close_at(made, FIRST + place) > 0 for place in range(4)] == [True, False, False, True]
    made.take(minute_bar(FIRST + 10_003, Shape()))
    assert sum(value > 0 for value in made.ring("close").values) == 1
    assert sum(not math.isnan(value) for value in made.ring("turnover").values) == 1
    made.advance(FIRST)
    assert made.end == FIRST + 10_004


def test_what_is_held_stays_while_the_ring_grows_and_shrinks() -> None:
    made = tape(close=5)
    for place in range(20):
        made.take(minute_bar(FIRST + place, Shape(close=place)))
    made.fit({"close": 50, "volume": 3})
    assert [close_at(made, FIRST + place) // 10**10 for place in (19, 12, 7, 6)] == [1_019, 1_012, 1_007, 0]
    made.fit({"close": 2})
    assert close_at(made, FIRST + 19) == 1_019 * 10**10
    assert not made.sums


@given(st.lists(st.floats(0, 2.0**50, width=32), max_size=60), st.integers(1, 20))
def test_a_sum_never_drifts_however_large_what_has_passed_through_it(amounts: list[float], length: int) -> None:
    made = tape(volume=20)
    window = SumWindow(made, length, made.ring("volume"))
    held = []
    for place, amount in enumerate(amounts):
        bar = minute_bar(FIRST + place, Shape())._replace(volume=int(amount * 10**8))
        held.append(bar.volume / 10**8)
        made.take(bar)
        window.sync()
        values = [made.ring("volume").values[(FIRST + at) % made.ring("volume").size] for at in range(len(held))]
        assert window.sum == math.fsum(values[-length:])
        assert window.known == min(length, len(held))


@given(st.lists(st.integers(-400, 400), max_size=60), st.integers(1, 20), st.sampled_from([1, -1]))
def test_the_extreme_is_that_of_the_window_and_its_queue_no_longer_than_that(
    closes: list[int], length: int, sign: int
) -> None:
    made = tape(close=20)
    extreme = Extreme(made, length, made.ring("close"), sign)
    for place, close in enumerate(closes):
        made.take(minute_bar(FIRST + place, Shape(close=close)))
        if place % 3:
            extreme.sync()
            best = (max if sign > 0 else min)(closes[max(0, place - length + 1) : place + 1])
            assert extreme.ticks() * made.unit == (1_000 + best) * 10**10


def test_the_queue_of_a_price_that_only_falls_is_cut() -> None:
    made = tape(close=10)
    extreme = Extreme(made, 10, made.ring("close"), 1)
    for place in range(900):
        made.take(minute_bar(FIRST + place, Shape(close=-place)))
        extreme.sync()
    assert len(extreme.queue) <= 10 + 65
    assert extreme.known == 10


@pytest.mark.parametrize("sign", [1, -1])
def test_an_extreme_of_nothing_is_unknown(sign: int) -> None:
    made = tape(close=10)
    extreme = Extreme(made, 10, made.ring("close"), sign)
    extreme.sync()
    assert (extreme.ticks(), extreme.known) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "nothing", "known"), [("H", 0, 7), ("f", float("nan"), 0.0), ("f", float("nan"), 2.5)]
)
def test_the_first_known_minute_is_found_wherever_it_lies_in_the_ring(kind: str, nothing: float, known: float) -> None:
    ring = Ring(kind, 300)
    for first in (1_000, 1_001, 1_063, 1_199, 1_298, 1_299, 1_300):
        ring.values = array(kind, [nothing] * 300)
        for minute in range(first, 1_300):
            ring.values[minute % 300] = known
        assert ring.first_known(1_000, 1_300) == first
