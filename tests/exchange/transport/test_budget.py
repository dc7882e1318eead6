"""Request weight within the exchange's minute, with time moved by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.exchange.transport.budget import MINUTE_MS, WeightBudget
from klagg_tui.exchange.venue import Priority

NOW_MS = 1_000 * MINUTE_MS + 15_000


LIMIT = 2_400


def spend(budget: WeightBudget, weight: int, used: int | None = None, now_ms: int = NOW_MS) -> None:
    budget.end(budget.begin(weight, now_ms), used, now_ms)


def test_an_idle_minute_lets_every_request_go() -> None:
    budget = WeightBudget(LIMIT)
    assert [budget.wait_ms(20, priority, NOW_MS) for priority in Priority] == [0] * len(Priority)


def test_less_urgent_requests_stop_first_as_the_minute_fills() -> None:
    budget = WeightBudget(LIMIT)
    going: list[list[str]] = []
    for used in (1_790, 1_810, 1_880, 1_930, 2_170, 2_290):
        spend(budget, 1, used)
        going.append([priority.name for priority in Priority if not budget.wait_ms(1, priority, NOW_MS)])
    names = ["GAP", "SEED", "CONFIRM", "OWED", "HISTORY"]
    assert going == [names[:left] for left in (5, 4, 3, 2, 1, 0)]


def test_who_must_wait_waits_for_the_next_minute() -> None:
    budget = WeightBudget(LIMIT)
    spend(budget, 1, LIMIT)
    assert budget.wait_ms(1, Priority.GAP, NOW_MS) == 45_000
    assert budget.wait_ms(1, Priority.GAP, NOW_MS + 45_000) == 0


def test_requests_under_way_count_before_they_are_answered() -> None:
    budget = WeightBudget(100)
    numbers = [budget.begin(40, NOW_MS), budget.begin(40, NOW_MS)]
    assert budget.used(NOW_MS) == 80
    assert budget.wait_ms(20, Priority.GAP, NOW_MS) > 0
    budget.end(numbers[0], None, NOW_MS)
    assert budget.used(NOW_MS) == 80


def test_the_exchanges_figure_is_the_truth_also_where_it_is_lower() -> None:
    budget = WeightBudget(LIMIT)
    spend(budget, 500)
    assert budget.used(NOW_MS) == 500
    spend(budget, 1, 7)
    assert budget.used(NOW_MS) == 7
    spend(budget, 1, 900)
    assert budget.used(NOW_MS) == 900


def test_an_overtaken_answer_does_not_lower_the_figure() -> None:
    budget = WeightBudget(LIMIT)
    first, second = budget.begin(20, NOW_MS), budget.begin(20, NOW_MS)
    budget.end(second, 40, NOW_MS)
    budget.end(first, 20, NOW_MS)
    assert budget.used(NOW_MS) == 40


def test_less_urgent_requests_stand_back_while_an_urgent_one_waits() -> None:
    budget = WeightBudget(LIMIT)
    budget.wait(Priority.SEED)
    waits = [budget.wait_ms(1, priority, NOW_MS) > 0 for priority in Priority]
    assert waits == [False, False, True, True, True, True]
    budget.wait_no_more(Priority.SEED)
    assert budget.wait_ms(1, Priority.HISTORY, NOW_MS) == 0


def test_a_request_heavier_than_its_share_goes_when_the_minute_is_idle() -> None:
    budget = WeightBudget(10)
    assert budget.wait_ms(20, Priority.HISTORY, NOW_MS) == 0
    spend(budget, 1)
    assert budget.wait_ms(20, Priority.HISTORY, NOW_MS) > 0


@given(st.lists(st.tuples(st.sampled_from(Priority), st.integers(1, 20), st.integers(0, 3_000)), max_size=300))
def test_no_minute_is_ever_overspent(asked: list[tuple[Priority, int, int]]) -> None:
    budget, now_ms, spent = WeightBudget(200), NOW_MS, dict[int, int]()
    for priority, weight, later_ms in asked:
        now_ms += later_ms
        if budget.wait_ms(weight, priority, now_ms) == 0:
            minute = now_ms // MINUTE_MS
            spent[minute] = spent.get(minute, 0) + weight
            spend(budget, weight, spent[minute], now_ms)
    assert all(weight <= 190 for weight in spent.values())


def test_priorities_are_ordered_by_urgency() -> None:
    names = [priority.name for priority in sorted(Priority)]
    assert names == ["GAP", "SEED", "CONFIRM", "OWED", "HISTORY", "QUOTES"]
    with pytest.raises(KeyError):
        WeightBudget(LIMIT).end(1, None, 0)


def test_two_requests_keep_their_distance_and_a_clock_that_is_set_back_holds_nobody() -> None:
    budget = WeightBudget(LIMIT, pace_ms=1_000)
    assert budget.wait_ms(1, Priority.HISTORY, NOW_MS) == 0
    budget.begin(1, NOW_MS)
    assert [budget.wait_ms(1, Priority.GAP, NOW_MS + since_ms) for since_ms in (0, 400, 1_000)] == [1_000, 600, 0]
    assert budget.wait_ms(1, Priority.GAP, NOW_MS - 5_000) == 0


def test_the_next_turn_is_the_most_urgent_requests() -> None:
    budget = WeightBudget(LIMIT, pace_ms=1_000)
    budget.begin(1, NOW_MS)
    for priority in (Priority.HISTORY, Priority.GAP):
        budget.wait(priority)
    assert budget.wait_ms(1, Priority.HISTORY, NOW_MS + 1_000) > 0
    assert budget.wait_ms(1, Priority.GAP, NOW_MS + 1_000) == 0
