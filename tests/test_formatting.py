"""Numbers and times as they are drawn."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui import formatting
from klagg_tui.engine import parsing


@pytest.mark.parametrize(
    ("value", "drawn"),
    [(0, "0"), (0.5, "0.50"), (12, "12.0"), (950, "950"), (999.6, "1.00K"), (12_400, "12.4K"), (1.236e6, "1.24M"),
     (310e9, "310B"), (999.9e6, "1.00B"), (5e12, "5.00T"), (2e15, "2.00Q"), (-12_400, "-12.4K")],
)  # fmt: skip
def test_big_numbers_are_short(value: float, drawn: str) -> None:
    assert formatting.short(value) == drawn


@given(st.floats(min_value=0.01, max_value=1e17))
def test_a_short_number_takes_six_cells_at_most_and_is_off_by_less_than_a_percent(value: float) -> None:
    drawn = formatting.short(value)
    unit = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "Q": 1e15}.get(drawn[-1], 1.0)
    assert len(drawn) <= 6
    assert float(drawn.rstrip("KMBTQ")) * unit == pytest.approx(value, rel=0.01, abs=0.0051)


@pytest.mark.parametrize(
    ("value", "drawn"),
    [(None, "–"), (0, " 0.00%"), (0.004, " 0.00%"), (-0.004, " 0.00%"), (1.236, "+1.24%"), (-0.3, "-0.30%"),
     (123.44, "+123.4%"), (-1234.5, "-1234%")],
)  # fmt: skip
def test_a_change_says_its_direction(value: float | None, drawn: str) -> None:
    assert formatting.percent(value) == drawn


def test_an_arrow_says_the_direction_in_one_cell() -> None:
    assert [formatting.arrow(value) for value in (1.0, -1.0, 0.0, None)] == ["▲", "▼", " ", " "]


@pytest.mark.parametrize(
    ("elapsed_ms", "drawn"),
    [(None, "–"), (-5, "0s"), (59_999, "59s"), (60_000, "1m"), (3_600_000, "1h"), (90_000_000, "1d"), (700_000_000, "1w"),
     (40_000_000_000, "1y")],
)  # fmt: skip
def test_an_age_names_its_largest_unit(elapsed_ms: int | None, drawn: str) -> None:
    assert formatting.age(elapsed_ms) == drawn


@pytest.mark.parametrize(("ms", "drawn"), [(None, "–"), (45, "45 ms"), (1_200, "1.2 s"), (180_000, "3 min")])
def test_a_duration_is_read_at_a_glance(ms: float | None, drawn: str) -> None:
    assert formatting.duration(ms) == drawn


@pytest.mark.parametrize(("count", "drawn"), [(812, "812 B"), (1_234, "1.2 KB"), (345_000_000, "345 MB")])
def test_a_size_names_its_unit(count: float, drawn: str) -> None:
    assert formatting.size(count) == drawn


def test_a_price_has_at_least_the_decimals_of_its_symbol_and_loses_no_digit() -> None:
    assert formatting.price(parsing.price("64250.1"), 2) == "64250.10"
    assert formatting.price(parsing.price("0.12345678"), 2) == "0.12345678"


def test_times_are_drawn_in_utc_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    at_ms = 1_723_075_261_000
    assert formatting.clock(at_ms) == "00:01:01"
    assert formatting.date_time(at_ms) == "2024-08-08 00:01"
    assert formatting.hour_minute(at_ms) == "00:01"
    assert formatting.day(at_ms) == "Aug 08"
    assert formatting.month(at_ms) == "2024-08"
    assert formatting.zone(local=False) == "UTC"
    assert formatting.zone(local=True)


@given(st.floats(-1e12, 1e12))
def test_a_percentage_takes_eight_cells_at_most(value: float) -> None:
    assert len(formatting.percent(value)) <= 8
    assert len(formatting.short_percent(value)) <= 6
    assert (formatting.percent(value)[0] == "-") is (value <= -0.005)


@given(st.floats(-9_999, 9_999))
def test_a_short_percentage_takes_six_cells_at_most_and_keeps_its_direction(value: float) -> None:
    drawn = formatting.short_percent(value)
    assert len(drawn) <= 6
    assert drawn[0] == formatting.percent(value)[0]
    assert abs(float(drawn[:-1]) - value) <= max(0.05, abs(value) * 0.006)


def test_counts_are_whole() -> None:
    assert formatting.count(950) == "950"
    assert formatting.count(12_400) == "12.4K"
    assert formatting.whole(1_234_567) == "1,234,567"


def test_a_big_number_has_more_digits_where_they_are_asked_for() -> None:
    assert [formatting.short(value, 2) for value in (12_734.5, 819, 0, 999_700)] == [
        "12.735K",
        "819.00",
        "0",
        "0.9997M",
    ]


def test_prices_of_charts_are_grouped() -> None:
    assert formatting.grouped_price(64_250_100_000_000_000, 2) == "64,250.10"
    assert formatting.rounded_price(-1_234_567_800_000_000.0, 2) == "-1,234.57"


def test_a_number_that_is_written_out_is_grouped() -> None:
    assert [formatting.grouped(text) for text in ("0.5", "-0.5", "999", "3619587.9389")] == [
        "0.5",
        "-0.5",
        "999",
        "3,619,587.9389",
    ]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("-0.00", "0.00"), ("+0.0000%", "0.0000%"), (" 0.00%", " 0.00%"), ("-0.01", "-0.01"), ("—", "—")],
)
def test_what_is_drawn_as_zero_has_no_sign(text: str, drawn: str) -> None:
    assert formatting.without_sign_of_nothing(text) == drawn
    assert formatting.short(-0.001) == "0.00"


_WRITERS: dict[str, Callable[[float], str]] = {
    "short": formatting.short,
    "percent": formatting.percent,
    "short percent": formatting.short_percent,
    "duration": formatting.duration,
    "signed": lambda value: formatting.signed(value, 1),
    "price": lambda value: formatting.rounded_price(value * 1e12, 2),
}


@pytest.mark.parametrize("value", [-1e-9, -0.0, 0.0, 1e-9, -0.004, 0.004])
@pytest.mark.parametrize("write", _WRITERS.values(), ids=_WRITERS)
def test_nothing_that_rounds_to_zero_is_written_with_a_sign(write: Callable[[float], str], value: float) -> None:
    assert write(value).strip()[0] == "0"


def test_thousands_are_parted_by_commas_alone() -> None:
    ours = Path(formatting.__file__).parent
    blanks = ("\\u202f", "\\u2009", "\\u00a0", "\\xa0", "\u202f", "\u2009", "\xa0")
    found = {path.name for path in ours.rglob("*.py") if any(blank in path.read_text() for blank in blanks)}
    assert found == {"plain_signs.py"}, "which stands in for those that others wrote"
