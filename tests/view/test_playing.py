"""Times to play to."""

from __future__ import annotations

import time

import pytest

from klagg_tui.errors import BadTime
from klagg_tui.view.playing import next_hour, time_ahead
from tests.makers import DAY, HOUR, MINUTE, START

NOON = START + 12 * HOUR


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("13:30", NOON + 90 * MINUTE),
        (" 13:30:05 ", NOON + 90 * MINUTE + 5_000),
        ("9:00", START + DAY + 9 * HOUR),
        ("12:00", NOON + DAY),
        ("+90m", NOON + 90 * MINUTE),
        ("+ 2h", NOON + 2 * HOUR),
        ("2024-08-08T23:00", START + 23 * HOUR),
        ("2024-08-09", START + DAY),
    ],
    ids=["clock", "seconds", "tomorrow", "now", "minutes", "hours", "time", "day"],
)
def test_a_time_is_read_as_people_write_it(text: str, at_ms: int) -> None:
    assert time_ahead(text, NOON) == at_ms


def test_a_time_of_day_may_be_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Etc/GMT-3")
    time.tzset()
    try:
        assert time_ahead("16:00", NOON, local=True) == NOON + HOUR
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["25:00", "soon", "+3"])
def test_what_is_no_time_is_told_with_what_is(text: str) -> None:
    with pytest.raises(BadTime, match=r"is no time; write it as one of 13:30"):
        time_ahead(text, NOON)


def test_what_was_played_is_over() -> None:
    with pytest.raises(BadTime, match="was played already, and a replay does not go back"):
        time_ahead("2024-08-08T11:59", NOON)


def test_the_next_hour_is_full_and_not_this_moment() -> None:
    assert next_hour(NOON) == NOON + HOUR
    assert next_hour(NOON - 1) == NOON
