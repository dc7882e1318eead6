from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.readers import DirtyTracker


@given(st.lists(st.integers(0, 9)))
def test_each_mark_is_drained_once_in_order_of_first_mark(marks: list[int]) -> None:
    tracker = DirtyTracker(10)
    for index in marks:
        tracker.mark(index)
    assert len(tracker) == len(set(marks))
    assert bool(tracker) is bool(marks)
    assert tracker.drain() == list(dict.fromkeys(marks))
    assert not tracker
    assert tracker.drain() == []


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_drained_bit_by_bit_it_gives_the_same(marks: list[int], most: int) -> None:
    tracker = DirtyTracker(10)
    for index in marks:
        tracker.mark(index)
    drained: list[int] = []
    while tracker:
        part = tracker.drain(most)
        assert 0 < len(part) <= most
        drained += part
    assert drained == list(dict.fromkeys(marks))


def test_what_was_drained_can_be_marked_again() -> None:
    tracker = DirtyTracker(1)
    tracker.mark(0)
    tracker.drain()
    tracker.mark(0)
    assert tracker.drain() == [0]


def test_growing_keeps_the_marks_and_never_shrinks() -> None:
    tracker = DirtyTracker()
    assert tracker.size == 0
    tracker.grow(3)
    tracker.mark(2)
    tracker.grow(1)
    tracker.grow(5)
    tracker.mark(4)
    assert tracker.size == 5
    assert tracker.drain() == [2, 4]


def test_an_index_without_room_is_an_error_not_a_silent_loss() -> None:
    with pytest.raises(IndexError):
        DirtyTracker(2).mark(2)
