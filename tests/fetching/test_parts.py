"""Months and days."""

from datetime import date

import pytest

from klagg_tui.errors import BadUsage
from klagg_tui.fetching.parts import asked, days_between, in_words, months_between, ms_of

NOW_MS = ms_of(date(2024, 5, 10)) + 1


@pytest.mark.parametrize(
    ("from_", "to", "first", "after"),
    [
        ("2024-01", "2024-03", date(2024, 1, 1), date(2024, 4, 1)),
        ("2024-01-31", "2024-02-01", date(2024, 1, 31), date(2024, 2, 2)),
        ("2024-04", None, date(2024, 4, 1), date(2024, 5, 10)),
        ("2024-04", "2024-05", date(2024, 4, 1), date(2024, 5, 10)),
        ("2010-01", "2017-12", date(2017, 7, 1), date(2018, 1, 1)),
    ],
)
def test_both_ends_are_included_as_far_as_they_are_over(from_: str, to: str | None, first: date, after: date) -> None:
    assert asked(from_, to, NOW_MS) == (first, after)


@pytest.mark.parametrize(
    ("from_", "to", "complaint"),
    [
        ("2024-06", None, "--from 2024-06 lies ahead: archives end with yesterday, 2024-05-09."),
        ("2024-05-10", None, "--from 2024-05-10 lies ahead: archives end with yesterday, 2024-05-09."),
        ("2024-01", "2025-01", "--to 2025-01 lies ahead: archives end with yesterday, 2024-05-09."),
        (
            "2024-03",
            "2024-02",
            "Nothing lies between --from 2024-03 and --to 2024-02: the first must be the earlier one.",
        ),
        ("2024", None, "--from 2024 is no month and no day; write 2024-01 or 2024-01-31."),
        ("2024-13", None, "--from 2024-13 is no month and no day; write 2024-01 or 2024-01-31."),
        ("2024-02", "2024-02-30", "--to 2024-02-30 is no month and no day; write 2024-01 or 2024-01-31."),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(from_: str, to: str | None, complaint: str) -> None:
    with pytest.raises(BadUsage) as refused:
        asked(from_, to, NOW_MS)
    assert str(refused.value) == complaint


def test_months_go_over_the_turn_of_the_year() -> None:
    assert [month.text for month in months_between(date(2023, 11, 20), date(2024, 2, 2))] == [
        "2023-11",
        "2023-12",
        "2024-01",
        "2024-02",
    ]


def test_many_days_are_told_as_runs() -> None:
    days = list(days_between(date(2024, 2, 28), date(2024, 3, 3)))
    assert in_words(days) == "2024-02-28 to 2024-03-02"
    assert in_words([days[0], *days[2:]]) == "2024-02-28, 2024-03-01 to 2024-03-02"
    other = list(days_between(date(2024, 1, 1), date(2024, 1, 31)))[::2]
    assert in_words(other) == "2024-01-01, 2024-01-03, 2024-01-05, 2024-01-07, … (10 more), 2024-01-29"
