"""Files that are looked at on a beat, beside others that are looked at at once."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise

import pytest

from klagg_tui.exchange.transport.gulps import LENGTHS, GulpSelector

BEAT_S = 0.25
"""Exact in binary, so that beats can be counted."""


class Hand:
    """Two sockets, one of them gathered, and the time, moved by hand."""

    def __init__(self, stack: ExitStack) -> None:
        self.now_s = 100.0
        self.worked_s = 0.0
        self.selector = GulpSelector(BEAT_S, lambda: self.now_s, lambda: self.worked_s)
        stack.callback(self.selector.close)
        (self.market, self.market_end), (self.other, self.other_end) = socket.socketpair(), socket.socketpair()
        for one in (self.market, self.market_end, self.other, self.other_end):
            stack.enter_context(one)
        for one, name in ((self.market, "market"), (self.other, "other")):
            self.selector.register(one, selectors.EVENT_READ, name)
        self.selector.gather(self.market.fileno())

    def ready(self) -> list[str]:
        """What a look finds that does not wait; what was sent is read."""
        names = [key.data for key, _ in self.selector.select(0)]
        for name in names:
            (self.market if name == "market" else self.other).recv(100)
        return names

    def begin(self) -> None:
        """The first frame in a while."""
        self.market_end.send(b"x")
        assert self.ready() == ["market"]

    def beat_s(self) -> float:
        """How long the next beat is: up to when what comes waits."""
        self.market_end.send(b"x")
        began_s = self.now_s
        while not self.ready():
            self.now_s += BEAT_S / 4
        return self.now_s - began_s


@pytest.fixture
def hand() -> Iterator[Hand]:
    with ExitStack() as stack:
        yield Hand(stack)


def test_the_first_frame_in_a_while_is_taken_at_once(hand: Hand) -> None:
    assert hand.ready() == []
    hand.begin()


def test_frames_behind_it_wait_for_the_beat(hand: Hand) -> None:
    hand.begin()
    hand.market_end.send(b"y")
    assert hand.ready() == []
    hand.now_s += BEAT_S
    assert hand.ready() == ["market"]


def test_what_is_not_gathered_never_waits(hand: Hand) -> None:
    hand.begin()
    hand.market_end.send(b"y")
    hand.other_end.send(b"y")
    assert hand.ready() == ["other"]
    hand.now_s += BEAT_S
    hand.other_end.send(b"z")
    assert sorted(hand.ready()) == ["market", "other"]


def test_where_nothing_came_for_a_beat_the_next_frame_is_taken_at_once(hand: Hand) -> None:
    hand.begin()
    hand.now_s += BEAT_S
    assert hand.ready() == []
    hand.begin()


def test_beats_lie_on_one_grid(hand: Hand) -> None:
    hand.now_s = 100.2
    hand.begin()
    hand.market_end.send(b"y")
    hand.now_s = 100.25
    assert hand.ready() == ["market"]


def test_who_is_in_a_hurry_waits_for_no_beat(hand: Hand) -> None:
    hand.begin()
    hand.market_end.send(b"y")
    hand.selector.hurry()
    assert hand.ready() == ["market"]


def test_in_a_hurry_with_nothing_there_it_waits_for_the_next_frame(hand: Hand) -> None:
    hand.begin()
    hand.selector.hurry()
    assert hand.ready() == []
    hand.begin()


def test_a_wait_ends_at_the_beat_whatever_the_loop_allows(hand: Hand) -> None:
    hand.begin()
    hand.market_end.send(b"y")
    hand.now_s += BEAT_S * 0.99
    assert hand.selector.select(None) == []


@pytest.mark.parametrize(("share", "times"), [(0.1, 1), (0.3, 2), (0.5, 4), (0.9, 8)])
def test_the_more_the_thread_works_the_longer_is_the_beat(hand: Hand, share: float, times: int) -> None:
    hand.begin()
    for _ in range(2):  # the second finds what the first measured
        hand.now_s = hand.now_s // (8 * BEAT_S) * 8 * BEAT_S + 8 * BEAT_S
        hand.worked_s += share * 8 * BEAT_S
        hand.market_end.send(b"x")
        assert hand.ready() == ["market"]
    assert hand.beat_s() == times * BEAT_S


def test_each_length_divides_all_longer_ones() -> None:
    times = [times for _, times in LENGTHS]
    assert all(longer % shorter == 0 for shorter, longer in pairwise(times))


def test_a_file_that_is_to_be_written_to_is_looked_at_at_once(hand: Hand) -> None:
    hand.begin()
    hand.selector.modify(hand.market, selectors.EVENT_READ | selectors.EVENT_WRITE, "market")
    assert [(key.data, mask) for key, mask in hand.selector.select(0)] == [("market", selectors.EVENT_WRITE)]
    hand.selector.modify(hand.market, selectors.EVENT_READ, "market")
    hand.market_end.send(b"y")
    assert hand.ready() == []


def test_one_that_is_released_is_a_file_as_all_others(hand: Hand) -> None:
    hand.begin()
    hand.selector.release(hand.market.fileno())
    hand.market_end.send(b"y")
    assert hand.ready() == ["market"]


def test_it_knows_all_of_its_files(hand: Hand) -> None:
    files = hand.selector.get_map()
    assert [files[one].data for one in (hand.market, hand.other)] == ["market", "other"]
    assert hand.selector.get_key(hand.market).data == "market"
    hand.selector.unregister(hand.market)
    assert hand.market.fileno() not in files
    with pytest.raises(KeyError):
        hand.selector.get_key(hand.market)


def test_a_file_is_gathered_also_where_it_is_registered_later(hand: Hand) -> None:
    hand.selector.unregister(hand.market)
    hand.selector.register(hand.market, selectors.EVENT_READ, "market")
    hand.begin()
    hand.market_end.send(b"y")
    assert hand.ready() == []
