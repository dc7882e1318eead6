"""Spans: runs of ids that join where they touch."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.spans import Span, covers, edges, has_more_of, join, overlap, touches
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL


def span(first: int, last: int, from_ms: int | None = None, to_ms: int | None = None) -> Span:
    """Ids are also seconds, where no times are told."""
    starts = START + first * 1000 + 1 if from_ms is None else from_ms
    return Span(SYMBOL, first, last, starts, START + last * 1000 if to_ms is None else to_ms)


def joined(*spans: Span) -> tuple[Span, ...]:
    stored: tuple[Span, ...] = ()
    for each in spans:
        stored = join(stored, each).spans
    return stored


_SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: span(pair[0], sum(pair))), max_size=8
)


@given(_SPANS)
def test_joined_spans_hold_the_ids_of_all_and_no_two_touch(spans: list[Span]) -> None:
    stored = joined(*spans)
    ids = {number for each in spans for number in range(each.first_id, each.last_id + 1)}
    assert {number for each in stored for number in range(each.first_id, each.last_id + 1)} == ids
    assert all(one.last_id + 1 < other.first_id for one, other in pairwise(stored))


@given(_SPANS, st.randoms(use_true_random=False))
def test_the_order_of_joining_is_of_no_matter(spans: list[Span], chance: object) -> None:
    mixed = list(spans)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert joined(*mixed) == joined(*spans)


def test_spans_one_id_apart_stay_apart() -> None:
    assert joined(span(1, 4), span(6, 9)) == (span(1, 4), span(6, 9))


def test_spans_whose_ids_follow_each_other_join_their_times() -> None:
    assert joined(span(5, 9), span(1, 4)) == (span(1, 9),)


def test_a_span_tells_which_ones_it_took_in() -> None:
    joint = join((span(1, 2), span(4, 5), span(8, 9)), span(3, 6))
    assert (joint.span, joint.taken) == (span(1, 6), (span(1, 2), span(4, 5)))


def test_a_run_may_take_back_that_nothing_was_traded_after_its_last_trade() -> None:
    before = span(1, 4, to_ms=START + 5 * MINUTE)
    back = span(1, 4, to_ms=START + MINUTE)
    assert join((before,), back, before).span.to_ms == START + MINUTE
    assert join((before,), back).span.to_ms == START + 5 * MINUTE


def test_a_minute_is_covered_only_as_a_whole() -> None:
    minute = span(1, 9, START, START + MINUTE)
    assert covers([minute], START)
    assert not covers([minute._replace(from_ms=START + 1)], START)
    assert not covers([minute._replace(to_ms=START + MINUTE - 1)], START)


def test_a_single_trade_touches_its_minute_and_no_other() -> None:
    at_ms = START + MINUTE - 1
    single = span(1, 1, at_ms + 1, at_ms)
    assert [touches(single, START + place * MINUTE) for place in (-1, 0, 1)] == [False, True, False]
    assert edges(single) == (START, START)


def test_more_of_a_minute_is_had_by_ids_or_by_time() -> None:
    small, large = span(20, 40), span(10, 50)
    assert has_more_of(large, small, START)
    assert not has_more_of(small, large, START)
    later = span(30, 90, START - 1, START + 90_000)
    assert has_more_of(later, small, START)
    assert overlap(small, later)


def day(first: int, last: int, days: int = 0, hours: int = 1) -> Span:
    """A run of ids that begins so many days later and lasts so many hours."""
    from_ms = START + days * DAY
    return Span(SYMBOL, first, last, from_ms + 1, from_ms + hours * HOUR)


def runs(*spans: Span) -> list[tuple[int, int, int]]:
    """Contract and ids of each."""
    return [(each.contract, each.first_id, each.last_id) for each in joined(*spans)]


OF_TWO_CONTRACTS = (day(1, 180), day(181, 360, 1), day(1, 50, 300), day(51, 100, 300, 2))


@pytest.mark.parametrize("order", list(permutations(OF_TWO_CONTRACTS)))
def test_ids_that_go_back_while_time_goes_on_begin_another_contract_whatever_comes_first(order: list[Span]) -> None:
    assert runs(*order) == [(0, 1, 360), (1, 1, 100)]


@pytest.mark.parametrize("order", list(permutations((day(1, 180), day(181, 400, 4), day(181, 200), day(150, 190, 8)))))
def test_ids_that_go_on_after_a_rest_that_no_symbol_takes_are_another_run(order: list[Span]) -> None:
    assert runs(*order) == [(0, 1, 200), (1, 181, 400), (2, 150, 190)]


@pytest.mark.parametrize("order", list(permutations((day(500, 600), day(700, 800, 90), day(1, 20, 60)))))
def test_which_contract_a_run_is_of_is_known_once_all_are_there(order: list[Span]) -> None:
    assert runs(*order) == [(0, 500, 600), (1, 1, 20), (1, 700, 800)]
    assert runs(*(each for each in order if each.first_id != 1)) == [(0, 500, 600), (0, 700, 800)]


def test_a_symbol_may_rest_for_a_day_but_not_longer() -> None:
    rest = Span(SYMBOL, 6, 9, START + DAY + 1, START + DAY + HOUR)
    assert len(joined(Span(SYMBOL, 1, 5, START - HOUR, START), rest)) == 1
    assert len(joined(Span(SYMBOL, 1, 5, START - HOUR, START - 1), rest)) == 2


def test_contracts_that_follow_each_other_at_once_are_told_apart_by_their_ids() -> None:
    assert runs(day(1, 300, hours=24), day(1, 40, 1)._replace(from_ms=START + DAY + 2 * MINUTE)) == [
        (0, 1, 300),
        (1, 1, 40),
    ]


def test_growing_keeps_the_contract() -> None:
    stored = joined(day(1, 300), day(1, 40, 9))
    joint = join(stored, day(1, 60, 9, 3), day(1, 40, 9))
    assert (joint.span.contract, joint.span.last_id) == (1, 60)
    assert joint.spans == (stored[0], joint.span)


def test_spans_that_should_have_been_joined_before_are_joined_with_what_meets_one_of_them() -> None:
    first, second = span(1, 10), span(11, 20)
    joint = join((first, second), span(4, 6))
    assert joint.spans == (joint.span,)
    assert joint.taken == (first, second)
    assert (joint.span.first_id, joint.span.last_id) == (1, 20)
