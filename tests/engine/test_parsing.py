from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.engine import exact, parsing
from klagg_tui.errors import BadNumber
from tests.flows import eight_decimals, twelve_decimals

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
    assert parsing.quantity(text) == units
    assert parsing.price(text) == units * 10**4


NO_NUMBERS = (
    *("", ".", "-1", "+1", "1e3", "1E-8", "nan", "NaN", "inf", "Infinity", "1_0", " 1", "1 ", "1,5", "1.2.3", "0x1"),
    *("１２", "٣", "1.٣", "²"),
    *("1.00000000000010", "0.0000000000001"),
    *("1" * 61, "0." + "0" * 60, "9" * 5000),
    *("1" * 19, "1" * 19 + ".5", "00" + "1" * 19),
)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_exact_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadNumber) as refusal:
        parsing.price(text)
    assert len(str(refusal.value)) < 200
    assert isinstance(refusal.value, ValueError)
    with pytest.raises(BadNumber):
        parsing.quantity(text)


@pytest.mark.parametrize(
    ("read", "decimals"),
    [(parsing.price, 12), (parsing.quantity, 8), (parsing.turnover, 20)],
    ids=["price", "quantity", "turnover"],
)
def test_each_kind_has_room_for_its_decimals_and_no_more(read: Callable[[str], int], decimals: int) -> None:
    assert read("0." + "0" * (decimals - 1) + "1") == 1
    assert read("0." + "0" * (decimals - 1) + "10") == 1
    assert read("12120132.4184") == 121_201_324_184 * 10 ** (decimals - 4)
    with pytest.raises(BadNumber, match=f"more than {decimals} decimals"):
        read("0." + "0" * decimals + "1")


texts = (
    units.map(exact.price_text)
    | units.map(eight_decimals)
    | units.map(twelve_decimals)
    | st.sampled_from(NO_NUMBERS)
    | st.text("0123456789.,", max_size=12)
)


def _alone(text: str, read: Callable[[str], int] = parsing.price) -> int:
    try:
        return read(text)
    except BadNumber:
        return 0


@given(st.lists(texts) | st.lists(texts.filter(lambda text: _alone(text) > 0), min_size=8))
@example(["1,2", "", *"12345678"])
@example(["1", "2,3", *"12345678"])
@example(["\ud800", *"12345678"])
@example(["1e5", *"12345678"])
@example(["1.2.3", *"12345678"])
@example(["9" * 18, "9" * 19, *"12345678"])
@example(["9" * 18, "9" * 6 + "." + "9" * 12, "0." + "9" * 12, *"12345678"])
def test_many_texts_are_read_as_each_alone_and_0_stands_for_none(texts: list[str]) -> None:
    assert parsing.prices(texts) == [_alone(text) for text in texts]


@given(st.lists(st.integers(0, 10**18 - 1), min_size=100, max_size=1000), st.integers(0, 12))
def test_no_digit_is_lost_among_many(wanted: list[int], decimals: int) -> None:
    one = 10 ** (12 - decimals)
    texts = [exact.price_text(units * one, decimals) for units in wanted]
    assert parsing.prices(texts) == [units * one for units in wanted]


@given(st.lists(texts, max_size=4) | st.lists(texts.filter(lambda text: _alone(text) > 0), max_size=20))
@example(["1,2", ""])
@example(["1", "0", "2"])
@example(["0.00"])
@example(["1", "."])
def test_texts_that_are_called_amounts_are_numbers_above_0(texts: list[str]) -> None:
    if parsing.are_amounts(texts, 12):
        assert all(_alone(text) > 0 for text in texts)
    if parsing.are_amounts(texts, 8):
        assert all(_alone(text, parsing.quantity) > 0 for text in texts)


amounts = st.integers(1, 10**18 - 1).map(exact.quantity_text) | st.integers(1, 10**9).map(eight_decimals)


@given(st.lists(amounts, min_size=1), st.lists(st.integers(1, 10**18 - 1).map(exact.price_text), min_size=1))
def test_what_exchanges_write_is_called_prices_and_quantities(texts: list[str], fine: list[str]) -> None:
    assert parsing.are_amounts(texts, 8)
    assert parsing.are_amounts(texts + fine, 12)


def test_a_price_may_be_finer_than_a_quantity() -> None:
    assert parsing.are_amounts(["1", "0.000000001"], 12)
    assert not parsing.are_amounts(["1", "0.000000001"], 8)


def test_an_exchange_s_price_has_no_more_decimals_than_it_writes() -> None:
    assert parsing.price("61800.30000000", 8) == parsing.price("61800.3")
    with pytest.raises(BadNumber, match="more than 8 decimals"):
        parsing.price("61800.300000000003", 8)


@given(texts)
def test_what_is_cached_is_read_the_same_first_and_again(text: str) -> None:
    try:
        value = parsing.cached(text) or parsing.parse_cached(text)
    except (LookupError, ValueError):
        return
    assert value == parsing.cached(text) == parsing.quantity(text) > 0


@pytest.mark.parametrize("text", ["0.001", "25147", "1000000000000.99999999", "61800.30", "5."])
def test_what_trades_are_made_of_is_cached(text: str) -> None:
    assert (parsing.cached(text) or parsing.parse_cached(text)) == parsing.quantity(text)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "0.00", "0.000000001", "9" * 40])
def test_what_is_unusual_is_not_read_and_not_cached(text: str) -> None:
    with pytest.raises((LookupError, ValueError)):
        parsing.parse_cached(text)
    assert parsing.cached(text) is None


def test_a_storm_of_new_numbers_does_not_grow_the_cache() -> None:
    texts = [f"{number}.5" for number in range(40_000)]
    assert [parsing.parse_cached(text) for text in texts] == [number * 10**8 + 5 * 10**7 for number in range(40_000)]
    assert sum(parsing.cached(text) is not None for text in texts) < 5_000
