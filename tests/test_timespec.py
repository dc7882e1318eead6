"""Times as people write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.errors import BadTime
from klagg_tui.timespec import parse_time

NOW = 1_723_161_600_000 + 5 * 3_600_000
"""2024-08-09T05:00:00Z."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-08-08", "2024-08-08T00:00:00+00:00"),
        ("2024-08", "2024-08-01T00:00:00+00:00"),
        ("2024-08-08T23:55", "2024-08-08T23:55:00+00:00"),
        ("2024-08-08 23:55:01", "2024-08-08T23:55:01+00:00"),
        ("2024-08-08T23:55Z", "2024-08-08T23:55:00+00:00"),
        ("2024-08-08T23:55+02:00", "2024-08-08T21:55:00+00:00"),
        ("1723161300000", "2024-08-08T23:55:00+00:00"),
        ("now", "2024-08-09T05:00:00+00:00"),
        ("today", "2024-08-09T00:00:00+00:00"),
        (" yesterday ", "2024-08-08T00:00:00+00:00"),
        ("-3h", "2024-08-09T02:00:00+00:00"),
        ("-90m", "2024-08-09T03:30:00+00:00"),
        ("-1w", "2024-08-02T05:00:00+00:00"),
    ],
)
def test_a_time_is_read_as_utc(text: str, expected: str) -> None:
    assert parse_time(text, NOW) == int(datetime.fromisoformat(expected).timestamp() * 1000)


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-13-01", "2024-08-08T25:00", "-3x", "-h", "3h", "12", "0000-01-01", "١٢"]
)
def test_anything_else_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(BadTime, match="yesterday"):
        parse_time(text, NOW)


def test_local_moves_days_and_times_but_no_time_that_names_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert parse_time("2024-08-08", NOW, local=True) == parse_time("2024-08-07T15:00", NOW)
        assert parse_time("today", NOW, local=True) == parse_time("2024-08-08T15:00", NOW)
        assert parse_time("2024-08-08T00:00Z", NOW, local=True) == parse_time("2024-08-08", NOW)
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_iso_time_reads_back(moment: datetime) -> None:
    assert parse_time(moment.isoformat(), NOW) == round(moment.timestamp() * 1000)
