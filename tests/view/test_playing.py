"""Times to play to."""

from __future__ import annotations

import time

import pytest

from klagg_tui.errors import BadTime
from klagg_tui.view.playing import next_hour, time_meant
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
        ("-30m", NOON - 30 * MINUTE),
        ("2024-08-08T11:59", NOON - MINUTE),
        ("2024-08-08T23:00", START + 23 * HOUR),
        ("2024-08-09", START + DAY),
    ],
    ids=["clock", "seconds", "tomorrow", "now", "minutes", "hours", "back", "before", "time", "day"],
)
def test_a_time_is_read_as_people_write_it(text: str, at_ms: int) -> None:
    assert time_meant(text, NOON) == at_ms


def test_a_time_of_day_may_be_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Etc/GMT-3")
    time.tzset()
    try:
        assert time_meant("16:00", NOON, local=True) == NOON + HOUR
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["25:00", "soon", "+3"])
def test_what_is_no_time_is_told_with_what_is(text: str) -> None:
    with pytest.raises(BadTime, match=r"is no time; write it as one of 13:30"):
        time_meant(text, NOON)


RECORDED = START + 10 * HOUR, START + 20 * HOUR


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("13:30", NOON + 90 * MINUTE),
        ("11:30", NOON - 30 * MINUTE),
        ("12:00", NOON),
        ("9:00", START + DAY + 9 * HOUR),
        ("-1h", NOON - HOUR),
        ("-3h", START + 10 * HOUR),
    ],
    ids=["ahead", "behind", "now", "neither", "back", "to the beginning"],
)
def test_a_time_of_day_that_comes_behind_the_recordings_end_is_the_one_before(text: str, at_ms: int) -> None:
    assert time_meant(text, NOON, recorded_ms=RECORDED) == at_ms


def test_before_the_recording_there_is_nothing() -> None:
    with pytest.raises(BadTime, match=r"^The recording begins at 2024-08-08 10:00(:00)? UTC\.$"):
        time_meant("2024-08-08T09:59", NOON, recorded_ms=RECORDED)


def test_the_next_hour_is_full_and_not_this_moment() -> None:
    assert next_hour(NOON) == NOON + HOUR
    assert next_hour(NOON - 1) == NOON
