"""Acknowledgements and refusals as exchanges give them: to all of a command, to each stream alone, as a whole state, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.messages import Acknowledged, Rejected
from klagg_tui.exchange.session import FeedLimits, StreamRefused
from klagg_tui.exchange.session.subscriptions import Subscriptions

LIMITS = replace(FeedLimits.of(VENUE.streams), pace_ms=100)
CODEC = VENUE.codec
LATE = LIMITS.answer_ms

Said: TypeAlias = "tuple[str, list[str]]"


def asking(*streams: str, limits: FeedLimits = LIMITS) -> Subscriptions:
    subscriptions = Subscriptions(CODEC, limits)
    subscriptions.want(streams)
    return subscriptions


def said(message: bytes | None) -> Said:
    assert message is not None
    command = orjson.loads(message)
    return command["method"], command["params"]


@pytest.mark.parametrize("number", [1, None], ids=["with id", "without id"])
def test_a_command_is_over_once_each_of_its_streams_was_acknowledged(number: int | None) -> None:
    subscriptions = asking("a", "b", "c")
    assert said(subscriptions.next_message(0)) == ("SUBSCRIBE", ["a", "b", "c"])
    assert subscriptions.acknowledged(Acknowledged(number, ("b",)), 10) == ("b",)
    assert subscriptions.acknowledged(Acknowledged(number, ("c", "a")), 20) == ("c", "a")
    assert subscriptions.is_complete
    assert subscriptions.held == {"b": 10, "c": 20, "a": 20}


def test_one_stream_may_be_refused_while_the_others_are_served() -> None:
    subscriptions = asking("a", "b", "c")
    assert subscriptions.next_message(0)
    assert subscriptions.acknowledged(Acknowledged(1, ("a",)), 0) == ("a",)
    subscriptions.rejected(Rejected(1, 60018, "no such instrument", "b"))
    assert list(subscriptions.held) == ["a"]
    subscriptions.rejected(Rejected(None, 60018, "no such instrument", "c"))
    assert subscriptions.is_complete
    assert subscriptions.refusals == [StreamRefused(name, 60018, "no such instrument") for name in ("b", "c")]
    assert list(subscriptions.held) == ["a"]
    assert subscriptions.next_message(1_000) is None


def test_what_is_not_answered_in_part_is_asked_again_in_halves_and_the_connection_is_alive() -> None:
    subscriptions = asking(*"abcdefgh")
    most = subscriptions.most
    assert subscriptions.next_message(0)
    subscriptions.acknowledged(Acknowledged(1, ("a", "b", "c", "d")), 0)
    assert said(subscriptions.next_message(LATE)) == ("SUBSCRIBE", ["e", "f"])
    assert (subscriptions.unanswered, subscriptions.most) == (0, most)
    assert subscriptions.acknowledged(Acknowledged(1, ("e", "f", "g", "h")), LATE) == ("e", "f", "g", "h")
    assert subscriptions.is_complete


def test_answers_that_are_doubled_or_of_others_change_nothing() -> None:
    subscriptions = asking("a", "b")
    assert subscriptions.next_message(0)
    assert subscriptions.acknowledged(Acknowledged(9, ("a",)), 0) == ()
    assert subscriptions.acknowledged(Acknowledged(1, ("x",)), 0) == ()
    assert subscriptions.acknowledged(Acknowledged(None, ("x",)), 0) == ()
    assert subscriptions.acknowledged(Acknowledged(1, ("a",)), 1) == ("a",)
    for number in (1, None):
        assert subscriptions.acknowledged(Acknowledged(number, ("a",)), 2) == ()
        subscriptions.rejected(Rejected(number, 1, "already subscribed", "a"))
    subscriptions.rejected(Rejected(1, 1, "whose?", "x"))
    assert (subscriptions.held, subscriptions.refusals, subscriptions.is_complete) == ({"a": 1}, [], False)


def test_a_refusal_of_what_is_left_of_a_command_means_that_alone() -> None:
    subscriptions = asking("a", "b")
    assert subscriptions.next_message(0)
    subscriptions.acknowledged(Acknowledged(1, ("a",)), 0)
    subscriptions.rejected(Rejected(1, 2, "invalid"))
    assert subscriptions.refusals == [StreamRefused("b", 2, "invalid")]


def test_an_answer_without_id_means_the_oldest_command_and_settles_the_newer_ones_for_its_streams() -> None:
    subscriptions = asking("a", "b")
    assert subscriptions.next_message(0)
    assert said(subscriptions.next_message(LATE)) == ("SUBSCRIBE", ["a"])
    assert subscriptions.acknowledged(Acknowledged(None, ("a",)), LATE) == ("a",)
    assert said(subscriptions.next_message(LATE + 100)) == ("SUBSCRIBE", ["b"])
    assert subscriptions.acknowledged(Acknowledged(None, ("b",)), LATE) == ("b",)
    assert subscriptions.is_complete


def test_a_stream_that_two_commands_asked_for_and_both_were_refused_is_told_once() -> None:
    subscriptions = asking("a")
    assert subscriptions.next_message(0)
    assert subscriptions.next_message(LATE)
    for number in (1, 2):
        subscriptions.rejected(Rejected(number, 2, "invalid"))
    assert subscriptions.refusals == [StreamRefused("a", 2, "invalid")]
    assert subscriptions.is_complete


def test_streams_leave_one_by_one_too() -> None:
    subscriptions = asking("a", "b", "c")
    assert subscriptions.next_message(0)
    subscriptions.acknowledged(Acknowledged(1), 0)
    subscriptions.want(["c"])
    assert said(subscriptions.next_message(100)) == ("UNSUBSCRIBE", ["a", "b"])
    assert subscriptions.acknowledged(Acknowledged(None, ("a",)), 100) == ()
    assert list(subscriptions.held) == ["b", "c"]
    subscriptions.rejected(Rejected(None, 1, "not subscribed", "b"))
    assert list(subscriptions.held) == ["c"]
    assert subscriptions.next_message(200) is None


def test_the_whole_state_answers_to_both_kinds_of_commands_as_far_as_it_goes() -> None:
    subscriptions = asking("a", "b", "c")
    assert subscriptions.next_message(0)
    assert subscriptions.acknowledged(Acknowledged(None, ("a", "b", "x"), is_whole=True), 0) == ("a", "b")
    assert subscriptions.acknowledged(Acknowledged(None, ("a", "b"), is_whole=True), 0) == ()
    assert not subscriptions.is_complete
    assert subscriptions.acknowledged(Acknowledged(None, ("a", "b", "c"), is_whole=True), 0) == ("c",)
    subscriptions.want(["c"])
    assert said(subscriptions.next_message(100)) == ("UNSUBSCRIBE", ["a", "b"])
    assert subscriptions.acknowledged(Acknowledged(None, ("c", "b"), is_whole=True), 100) == ()
    assert list(subscriptions.held) == ["b", "c"]
    subscriptions.acknowledged(Acknowledged(None, ("c",), is_whole=True), 100)
    subscriptions.want([])
    assert said(subscriptions.next_message(200)) == ("UNSUBSCRIBE", ["c"])
    subscriptions.acknowledged(Acknowledged(None, (), is_whole=True), 100)
    assert subscriptions.held == {}


def test_an_exchange_that_never_answers_to_unsubscribing_keeps_its_connection() -> None:
    subscriptions = asking("a", "b", "c")
    assert subscriptions.next_message(0)
    subscriptions.acknowledged(Acknowledged(1), 0)
    subscriptions.want(["c", "d"])
    at_ms, commands = 100, list[Said]()
    while at_ms < 20 * LATE and (not commands or commands[-1][0] == "UNSUBSCRIBE"):
        if message := subscriptions.next_message(at_ms):
            commands.append(said(message))
        assert subscriptions.unanswered == 0
        at_ms += 100
    assert commands[-1] == ("SUBSCRIBE", ["d"])
    assert sum("a" in streams for _, streams in commands) == LIMITS.most_asks
    assert list(subscriptions.held) == ["c"]
    subscriptions.rejected(Rejected(None, 1, "invalid"))
    assert subscriptions.refusals == [StreamRefused("d", 1, "invalid")], "no command that is let go can be meant"


def test_no_more_commands_go_out_in_an_hour_than_are_allowed() -> None:
    limits = replace(LIMITS, streams_per_message=1, commands_per_hour=3)
    subscriptions = asking(*"abcde", limits=limits)
    sent: list[int] = []
    for at_ms in range(0, 2 * 3_600_000 + 1_000, 1_000):
        if subscriptions.next_message(at_ms):
            sent.append(at_ms)
            subscriptions.acknowledged(Acknowledged(len(sent)), at_ms)
    assert sent == [0, 1_000, 2_000, 3_600_000, 3_601_000]
    assert subscriptions.is_complete


MANNERS = st.sampled_from(["whole", "each", "nameless", "state", "none"])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(MANNERS, min_size=1, max_size=30),
    st.lists(st.frozensets(st.sampled_from("abcdef")), min_size=1, max_size=4),
    st.frozensets(st.sampled_from("abcdef"), max_size=2),
)
def test_however_an_exchange_answers_it_ends_with_what_is_wanted_but_for_what_it_refuses(
    manners: Sequence[str], wishes: Sequence[frozenset[str]], bad: frozenset[str]
) -> None:
    subscriptions = Subscriptions(CODEC, LIMITS)
    served: set[str] = set()
    at_ms = step = 0
    for wish in wishes:
        subscriptions.want(sorted(wish))
        for _ in range(700):
            at_ms += 1_000
            message = subscriptions.next_message(at_ms)
            if message is None:
                continue
            step += 1
            command = orjson.loads(message)
            good = [stream for stream in command["params"] if stream not in bad]
            (served.update if command["method"] == "SUBSCRIBE" else served.difference_update)(good)
            manner = manners[step % len(manners)] if step < 30 else "each"
            answer(subscriptions, command, manner, served, bad, at_ms)
        assert subscriptions.is_complete
        assert set(subscriptions.held) == set(wish) - bad == served


def answer(
    subscriptions: Subscriptions,
    command: dict[str, object],
    manner: str,
    served: set[str],
    bad: frozenset[str],
    at_ms: int,
) -> None:
    number, streams = command["id"], command["params"]
    assert isinstance(number, int)
    assert isinstance(streams, list)
    if manner == "none":
        return
    if manner == "whole" and not bad & set(streams):
        subscriptions.acknowledged(Acknowledged(number), at_ms)
        return
    if manner == "state":
        subscriptions.acknowledged(Acknowledged(None, tuple(served), is_whole=True), at_ms)
    for stream in streams:
        named = None if manner == "nameless" else number
        if stream in bad:
            subscriptions.rejected(Rejected(named, 1, "no", stream))
        elif manner != "state":
            subscriptions.acknowledged(Acknowledged(named, (stream,)), at_ms)
