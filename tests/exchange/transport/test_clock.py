"""The exchange's clock, followed from samples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.exchange.transport.clock import LATE_MS, LITTLE_MS, ExchangeClock, Witnesses

DAY = 86_400_000
YEAR_9998 = 253_339_228_800_000
NOW = 1_790_000_000_000


def test_before_the_first_sample_it_goes_on_from_where_it_was_started() -> None:
    clock = ExchangeClock(1_000_000, 500)
    assert clock.now_ms(1_500) == 1_001_000


def test_half_of_the_round_trip_is_taken_as_the_way_back() -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(1_000, 1_080, 5_000)
    assert (clock.now_ms(1_080), clock._best.trip_ms) == (5_040, 80)


def test_the_shortest_round_trip_of_the_last_few_counts() -> None:
    clock = ExchangeClock(6_900, 0)
    clock.sample(0, 1_000, 7_400)
    clock.sample(2_000, 2_010, 9_000)
    clock.sample(3_000, 4_000, 10_600)
    assert (clock.now_ms(2_005), clock._best.trip_ms) == (9_000, 10)


def test_it_follows_an_exchange_whose_time_runs_faster() -> None:
    clock = ExchangeClock(1_000_000, 0)
    clock.sample(0, 0, 1_000_000, speed=60)
    assert (clock.now_ms(1_000), clock.speed) == (1_060_000, 60)
    clock.sample(2_000, 2_000, 1_080_000, speed=10)
    assert (clock.now_ms(3_000), clock.speed) == (1_090_000, 10)


def test_after_the_machine_slept_the_new_sample_counts_though_its_trip_was_longer() -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(0, 2, 1_000)
    by_the_wall = Witnesses(machine_ms=3_661_000)
    assert not clock.sample(60_000, 60_300, 3_661_000, witnesses=by_the_wall)
    assert clock.sample(60_300, 60_600, 3_661_300, witnesses=by_the_wall)
    assert clock.now_ms(60_150) == 3_661_000
    assert clock.jumps == 1


def test_a_clock_that_is_set_back_is_followed() -> None:
    clock = ExchangeClock(100_000, 0)
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
    clock, local_ms = ExchangeClock(1e6 + offset_ms, 1e6), 1e6
    for pause_ms, trip_ms, share in samples:
        local_ms += pause_ms
        at_ms = local_ms + trip_ms * share
        clock.sample(local_ms, local_ms + trip_ms, at_ms + offset_ms)
        local_ms += trip_ms
    off_ms = abs(clock.now_ms(local_ms) - (local_ms + offset_ms))
    assert off_ms <= clock._best.trip_ms / 2 + 2
    assert off_ms <= clock.error_ms(local_ms) + 2


def test_how_far_off_it_may_be_is_half_the_round_trip_in_the_exchanges_time_and_grows_while_nobody_asks() -> None:
    clock = ExchangeClock(0, 0)
    assert clock.error_ms(0) == math.inf
    clock.sample(1_000, 1_500, 5_000, speed=60)
    assert clock.error_ms(1_250) == 250 * 60
    assert clock.error_ms(11_250) == (250 + 10) * 60
    clock.sample(11_250, 11_260, 605_000, speed=60)
    assert clock.error_ms(11_255) == 5 * 60


@given(st.lists(st.floats(0, 1e9), min_size=2))
def test_it_never_runs_backwards_between_two_samples(locals_ms: list[float]) -> None:
    clock = ExchangeClock(0, 0)
    clock.sample(0, 10, 1_000)
    times = [clock.now_ms(local_ms) for local_ms in locals_ms]
    assert times == sorted(times)


def running() -> ExchangeClock:
    """A clock that an answer has set, a minute ago by the local clock."""
    clock = ExchangeClock(NOW, 0)
    clock.sample(0, 10, NOW)
    return clock


def told(clock: ExchangeClock, exchange_ms: float, witnesses: Witnesses, local_ms: float = 60_000) -> int:
    """What the clock says after the same answer came twice."""
    for _ in range(2):
        clock.sample(local_ms, local_ms + 10, exchange_ms, witnesses=witnesses)
    return clock.now_ms(local_ms) - int(NOW + local_ms)


@pytest.mark.parametrize("said_ms", [YEAR_9998, NOW + DAY, NOW + 300 * DAY, 0], ids=["9998", "day", "300 days", "1970"])
def test_an_answer_that_jumps_and_is_confirmed_by_nothing_moves_nothing(said_ms: int) -> None:
    clock = running()
    honest = Witnesses(NOW + 60_000, NOW + 60_000)
    assert abs(told(clock, said_ms, honest)) < 20
    assert "not believed" in clock.trouble
    assert clock.jumps == 0


def test_a_single_odd_answer_is_asked_for_again_and_forgotten() -> None:
    clock = running()
    assert not clock.sample(60_000, 60_010, YEAR_9998, witnesses=Witnesses(YEAR_9998, YEAR_9998))
    assert "asked for again" in clock.trouble
    assert clock.sample(60_010, 60_020, NOW + 60_010)
    assert (clock.trouble, clock.jumps) == ("", 0)


@given(st.floats(0, 999), st.floats(1_000, 1_400), st.sampled_from([1.0, 15.0, 60.0]))
def test_answers_in_whole_seconds_do_not_contradict_each_other(phase_ms: float, pause_ms: float, speed: float) -> None:
    """Kraken tells no more than those: days that this machine's clock is wrong were never judged where each was doubted anew."""
    clock, local_ms, real_ms = ExchangeClock(NOW + 69 * DAY, 0), 0.0, 0.0
    for number in range(2):
        local_ms = number * pause_ms
        real_ms = NOW + phase_ms + local_ms * speed
        told_ms = real_ms // 1_000 * 1_000 + 500
        is_judged = clock.sample(
            local_ms - 2, local_ms + 2, told_ms, speed, Witnesses(told_ms - 500, NOW + 69 * DAY), grain_ms=500
        )
        assert is_judged is bool(number)
    assert clock.is_set
    assert abs(clock.now_ms(local_ms) - real_ms) <= clock.error_ms(local_ms) + 1 <= 500 + 2 * speed + 2


def test_answers_that_contradict_each_other_are_never_judged() -> None:
    clock = running()
    for number in range(1, 9):
        assert not clock.sample(60_000, 60_010, NOW + number * DAY, witnesses=Witnesses(NOW + number * DAY))
    assert abs(clock.now_ms(60_000) - (NOW + 60_000)) < 20


@pytest.mark.parametrize(
    "witnesses",
    [Witnesses(date_ms=NOW), Witnesses(NOW, NOW + 3_600_000), Witnesses(NOW + DAY, NOW)],
    ids=["date", "date against this machine", "this machine against the date"],
)
def test_a_machine_whose_clock_is_wrong_is_set_right_by_whoever_confirms_the_answer(witnesses: Witnesses) -> None:
    clock = ExchangeClock(NOW + 3_600_000, 0)
    assert not clock.sample(0, 0, NOW, witnesses=witnesses)
    assert clock.sample(0, 0, NOW, witnesses=witnesses)
    assert clock.now_ms(0) == NOW
    assert clock.trouble == "This machine's clock is 60 minutes ahead of the exchange's: klagg goes by the exchange's."


def heard(clock: ExchangeClock, sent_ms: float, local_ms: float, times: int = 9) -> None:
    for _ in range(times):
        clock.heard(local_ms, sent_ms)


def test_trades_contradict_an_answer_whatever_its_date_and_this_machine_say() -> None:
    clock = running()
    heard(clock, NOW + 59_900, 59_950)
    ahead = NOW + 60_000 + DAY
    assert abs(told(clock, ahead, Witnesses(ahead, ahead))) < 20
    assert "not believed" in clock.trouble


def test_trades_confirm_an_answer_that_nothing_else_does() -> None:
    clock = running()
    heard(clock, NOW + 59_900 + DAY, 59_950)
    assert abs(told(clock, NOW + 60_000 + DAY, Witnesses(NOW, NOW)) - DAY) < 20


def test_one_wrong_time_among_the_trades_moves_nothing() -> None:
    clock = running()
    heard(clock, NOW + 59_900, 59_950)
    heard(clock, YEAR_9998, 59_960, times=4)
    assert clock.sample(60_000, 60_010, NOW + 60_005)
    assert abs(clock.now_ms(60_000) - (NOW + 60_000)) < 20


def test_a_clock_that_was_set_wrong_before_any_trade_came_obeys_the_trades() -> None:
    clock = ExchangeClock(NOW, 0)
    ahead = Witnesses(NOW + DAY, NOW)
    for _ in range(2):
        clock.sample(0, 0, NOW + DAY, witnesses=ahead)
    assert clock.now_ms(0) == NOW + DAY
    heard(clock, NOW + 59_900, 60_000)
    clock.sample(60_000, 60_000, NOW + DAY + 60_000, witnesses=Witnesses(NOW + DAY + 60_000, NOW + 60_000))
    assert clock.now_ms(60_000) == NOW + 59_900
    assert "goes by the trades" in clock.trouble
    assert clock.is_set
    assert clock.error_ms(60_000) == LITTLE_MS + LATE_MS
    clock.sample(120_000, 120_000, NOW + DAY + 120_000, witnesses=ahead)
    assert clock.now_ms(120_000) == NOW + 119_900
    assert clock.jumps == 2


def test_trades_that_are_late_do_not_hold_the_clock_back() -> None:
    clock = running()
    heard(clock, NOW - 300_000, 59_950)
    assert clock.sample(60_000, 60_010, NOW + 60_005, witnesses=Witnesses(NOW + 60_000, NOW + 60_000))
    assert abs(clock.now_ms(60_000) - (NOW + 60_000)) < 20


def test_trades_that_are_all_ahead_move_nothing_where_nothing_confirms_them() -> None:
    clock = running()
    heard(clock, NOW + 59_900 + DAY, 59_950)
    assert clock.sample(60_000, 60_010, NOW + 60_005, witnesses=Witnesses(NOW + 60_000, NOW + 60_000))
    assert abs(clock.now_ms(60_000) - (NOW + 60_000)) < 20
    assert "they are not taken" in clock.trouble
