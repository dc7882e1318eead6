from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.engine import exact, parsing
from klagg_tui.errors import BadNumber
from tests.flows import eight_decimals

units = st.integers(0, 10**20)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1", 10**8),
        ("0", 0),
        ("0.0", 0),
        ("007.50", 750_000_000),
        (".5", 50_000_000),
        ("5.", 500_000_000),
        ("0.00000001", 1),
        ("0.000000010000", 1),
        ("1000000000000.99999999", 100_000_000_000_099_999_999),
        ("9" * 18, 99_999_999_999_999_999_900_000_000),
        ("0" * 30 + "9" * 18, 99_999_999_999_999_999_900_000_000),
    ],
)
def test_a_number_is_read_exactly(text: str, units: int) -> None:
    assert parsing.number(text) == units


NO_NUMBERS = (
    *("", ".", "-1", "+1", "1e3", "1E-8", "nan", "NaN", "inf", "Infinity", "1_0", " 1", "1 ", "1,5", "1.2.3", "0x1"),
    *("１２", "٣", "1.٣", "²"),
    *("1.0000000010", "0.000000001"),
    *("1" * 61, "0." + "0" * 60, "9" * 5000),
    *("1" * 19, "1" * 19 + ".5", "00" + "1" * 19),
)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_exact_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadNumber) as refusal:
        parsing.number(text)
    assert len(str(refusal.value)) < 200
    assert isinstance(refusal.value, ValueError)


def test_a_turnover_has_room_for_sixteen_decimals_and_no_more() -> None:
    assert parsing.turnover("0.0000000000000001") == 1
    assert parsing.turnover("12120132.41840") == 121_201_324_184 * 10**12
    with pytest.raises(BadNumber, match="more than 16 decimals"):
        parsing.turnover("0.00000000000000001")


texts = (
    units.map(exact.text)
    | units.map(eight_decimals)
    | st.sampled_from(NO_NUMBERS)
    | st.text("0123456789.,", max_size=12)
)


def _alone(text: str) -> int:
    try:
        return parsing.number(text)
    except BadNumber:
        return 0


@given(st.lists(texts) | st.lists(texts.filter(lambda text: _alone(text) > 0), min_size=8))
@example(["1,2", "", *"12345678"])
@example(["1", "2,3", *"12345678"])
@example(["\ud800", *"12345678"])
@example(["1e5", *"12345678"])
@example(["1.2.3", *"12345678"])
@example(["9" * 18, "9" * 19, *"12345678"])
@example(["9" * 18, "9" * 10 + "." + "9" * 8, "0." + "9" * 8, *"12345678"])
def test_many_texts_are_read_as_each_alone_and_0_stands_for_none(texts: list[str]) -> None:
    assert parsing.numbers(texts) == [_alone(text) for text in texts]


@given(st.lists(st.integers(0, 10**18 - 1), min_size=100, max_size=1000), st.integers(0, 8))
def test_no_digit_is_lost_among_many(wanted: list[int], decimals: int) -> None:
    one = 10 ** (8 - decimals)
    assert parsing.numbers([exact.text(units * one, decimals) for units in wanted]) == [units * one for units in wanted]


@given(st.lists(texts, max_size=4) | st.lists(texts.filter(lambda text: _alone(text) > 0), max_size=20))
@example(["1,2", ""])
@example(["1", "0", "2"])
@example(["0.00"])
@example(["1", "."])
def test_texts_that_are_called_amounts_are_numbers_above_0(texts: list[str]) -> None:
    if parsing.are_amounts(texts):
        assert all(_alone(text) > 0 for text in texts)


@given(st.lists(st.integers(1, 10**18 - 1).map(exact.text) | st.integers(1, 10**9).map(eight_decimals), min_size=1))
def test_what_the_exchange_writes_is_called_amounts(texts: list[str]) -> None:
    assert parsing.are_amounts(texts)


@given(texts)
def test_what_is_cached_is_read_the_same_first_and_again(text: str) -> None:
    try:
        value = parsing.cached(text) or parsing.parse_cached(text)
    except (LookupError, ValueError):
        return
    assert value == parsing.cached(text) == parsing.number(text) > 0


@pytest.mark.parametrize("text", ["0.001", "25147", "1000000000000.99999999", "61800.30", "5."])
def test_what_trades_are_made_of_is_cached(text: str) -> None:
    assert (parsing.cached(text) or parsing.parse_cached(text)) == parsing.number(text)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "0.00", "9" * 40])
def test_what_is_unusual_is_not_read_and_not_cached(text: str) -> None:
    with pytest.raises((LookupError, ValueError)):
        parsing.parse_cached(text)
    assert parsing.cached(text) is None


def test_a_storm_of_new_numbers_does_not_grow_the_cache() -> None:
    texts = [f"{number}.5" for number in range(40_000)]
    assert [parsing.parse_cached(text) for text in texts] == [number * 10**8 + 5 * 10**7 for number in range(40_000)]
    assert sum(parsing.cached(text) is not None for text in texts) < 5_000
