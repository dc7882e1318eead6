"""The exchange's clock, followed from samples."""

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.exchange.transport.clock import ExchangeClock


def test_before_the_first_sample_it_goes_on_from_where_it_was_started() -> None:
    clock = ExchangeClock(1_000_000, 500)
    assert clock.now_ms(1_500) == 1_001_000


def test_half_of_the_round_trip_is_taken_as_the_way_back() -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(1_000, 1_080, 5_000)
    assert (clock.now_ms(1_080), clock._best.trip_ms) == (5_040, 80)


def test_the_shortest_round_trip_of_the_last_few_counts() -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(0, 1_000, 7_400)
    clock.sample(2_000, 2_010, 9_000)
    clock.sample(3_000, 4_000, 10_600)
    assert (clock.now_ms(2_005), clock._best.trip_ms) == (9_000, 10)


def test_it_follows_an_exchange_whose_time_runs_faster() -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(0, 0, 1_000_000, speed=60)
    assert (clock.now_ms(1_000), clock.speed) == (1_060_000, 60)
    clock.sample(2_000, 2_000, 1_080_000, speed=10)
    assert (clock.now_ms(3_000), clock.speed) == (1_090_000, 10)


def test_after_the_machine_slept_the_new_sample_counts_though_its_trip_was_longer() -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(0, 2, 1_000)
    clock.sample(60_000, 60_300, 3_661_000)
    assert clock.now_ms(60_150) == 3_661_000


def test_a_clock_that_is_set_back_is_followed() -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(0, 10, 100_000)
    assert clock.now_ms(1_000) == 100_995
    clock.sample(2_000, 2_010, 97_000)
    assert clock.now_ms(2_005) == 97_000


@given(
    st.lists(st.tuples(st.floats(0, 60_000), st.floats(0, 400), st.floats(0, 1)), min_size=1, max_size=20),
    st.floats(0, 1e12),
)
def test_it_is_never_further_off_than_half_the_best_round_trip(
    samples: list[tuple[float, float, float]], offset_ms: float
) -> None:
    clock, local_ms = ExchangeClock(0, 0), 1e6
    for pause_ms, trip_ms, share in samples:
        local_ms += pause_ms
        at_ms = local_ms + trip_ms * share
        clock.sample(local_ms, local_ms + trip_ms, at_ms + offset_ms)
        local_ms += trip_ms
    assert abs(clock.now_ms(local_ms) - (local_ms + offset_ms)) <= clock._best.trip_ms / 2 + 2


@given(st.lists(st.floats(0, 1e9), min_size=2))
def test_it_never_runs_backwards_between_two_samples(locals_ms: list[float]) -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(0, 10, 1_000)
    times = [clock.now_ms(local_ms) for local_ms in locals_ms]
    assert times == sorted(times)
