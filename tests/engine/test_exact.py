from __future__ import annotations

from decimal import Context, Decimal, Inexact, Rounded, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.engine import exact
from klagg_tui.errors import BadNumber
from tests.flows import eight_decimals

units = st.integers(0, 10**20)
turnovers = st.integers(0, 10**36)


@given(units)
@example(10**20 - 1)
def test_every_text_of_eight_decimals_comes_back_as_it_was(value: int) -> None:
    text = eight_decimals(value)
    assert exact.text(exact.number(text), 8) == text
    assert exact.as_decimal(exact.number(text)) == Decimal(text)


@given(units, units)
def test_price_times_quantity_is_the_turnover_to_the_last_digit(price: int, quantity: int) -> None:
    with localcontext(Context(prec=80, traps=[Inexact, Rounded])):
        paid = Decimal(eight_decimals(price)) * Decimal(eight_decimals(quantity))
    assert exact.turnover_as_decimal(price * quantity) == paid
    assert exact.turnover(exact.turnover_text(price * quantity)) == price * quantity


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
    ],
)
def test_a_number_is_read_exactly(text: str, units: int) -> None:
    assert exact.number(text) == units


NO_NUMBERS = (
    *("", ".", "-1", "+1", "1e3", "1E-8", "nan", "NaN", "inf", "Infinity", "1_0", " 1", "1 ", "1,5", "1.2.3", "0x1"),
    *("１２", "٣", "1.٣", "²"),
    *("1.0000000010", "0.000000001"),
    *("1" * 61, "0." + "0" * 60, "9" * 5000),
)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_exact_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadNumber) as refusal:
        exact.number(text)
    assert len(str(refusal.value)) < 200
    assert isinstance(refusal.value, ValueError)


def test_a_turnover_has_room_for_sixteen_decimals_and_no_more() -> None:
    assert exact.turnover("0.0000000000000001") == 1
    assert exact.turnover("12120132.41840") == 121_201_324_184 * 10**12
    with pytest.raises(BadNumber, match="more than 16 decimals"):
        exact.turnover("0.00000000000000001")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, None, "0"),
        (0, 2, "0.00"),
        (6_180_030_000_000, None, "61800.3"),
        (6_180_030_000_000, 2, "61800.30"),
        (6_180_030_000_000, 0, "61800.3"),
        (1, 2, "0.00000001"),
        (10**8, None, "1"),
        (10**8, 1, "1.0"),
        (-50_000_000, None, "-0.5"),
        (-3 * 10**8, 1, "-3.0"),
    ],
)
def test_text_has_the_decimals_asked_for_and_those_it_needs(value: int, decimals: int | None, text: str) -> None:
    assert exact.text(value, decimals) == text


@given(st.integers(-(10**20), 10**20))
def test_a_number_needs_as_many_decimals_as_its_shortest_text_shows(value: int) -> None:
    assert exact.decimals_of(value) == len(exact.text(value).partition(".")[2])
    assert exact.turnover_decimals_of(value) == len(exact.turnover_text(value).partition(".")[2])


@given(units, st.integers(0, 8))
def test_what_is_packed_comes_back_or_is_refused(value: int, decimals: int) -> None:
    if exact.decimals_of(value) <= decimals:
        assert exact.unpacked(exact.packed(value, decimals), decimals) == value
    else:
        with pytest.raises(BadNumber):
            exact.packed(value, decimals)


@given(turnovers, st.integers(0, 16))
def test_a_turnover_that_is_packed_comes_back_or_is_refused(value: int, decimals: int) -> None:
    if exact.turnover_decimals_of(value) <= decimals:
        assert exact.turnover_unpacked(exact.turnover_packed(value, decimals), decimals) == value
    else:
        with pytest.raises(BadNumber):
            exact.turnover_packed(value, decimals)


@given(units)
def test_the_float_for_drawing_is_the_nearest_one(value: int) -> None:
    assert exact.as_float(value) == float(Decimal(eight_decimals(value)))
    assert exact.turnover_as_float(value) == float(exact.turnover_as_decimal(value))


texts = (
    units.map(exact.text)
    | units.map(eight_decimals)
    | st.sampled_from(NO_NUMBERS)
    | st.text("0123456789.,", max_size=12)
)


def _alone(text: str) -> int:
    try:
        return exact.number(text)
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
    assert exact.numbers(texts) == [_alone(text) for text in texts]


@given(st.lists(st.integers(0, 10**18 - 1), min_size=100, max_size=1000), st.integers(0, 8))
def test_no_digit_is_lost_among_many(wanted: list[int], decimals: int) -> None:
    one = 10 ** (8 - decimals)
    assert exact.numbers([exact.text(units * one, decimals) for units in wanted]) == [units * one for units in wanted]


@given(st.lists(texts, max_size=4) | st.lists(texts.filter(lambda text: _alone(text) > 0), max_size=20))
@example(["1,2", ""])
@example(["1", "0", "2"])
@example(["0.00"])
@example(["1", "."])
def test_texts_that_are_called_amounts_are_numbers_above_0(texts: list[str]) -> None:
    if exact.are_amounts(texts):
        assert all(_alone(text) > 0 for text in texts)


@given(st.lists(st.integers(1, 10**18 - 1).map(exact.text) | st.integers(1, 10**9).map(eight_decimals), min_size=1))
def test_what_the_exchange_writes_is_called_amounts(texts: list[str]) -> None:
    assert exact.are_amounts(texts)


@given(texts)
def test_what_is_usual_is_read_the_same_first_and_again(text: str) -> None:
    try:
        value = exact.recent(text) or exact.usual(text)
    except (LookupError, ValueError):
        return
    assert value == exact.recent(text) == exact.number(text) > 0


@pytest.mark.parametrize("text", ["0.001", "25147", "1000000000000.99999999", "61800.30", "5."])
def test_what_trades_are_made_of_is_usual(text: str) -> None:
    assert (exact.recent(text) or exact.usual(text)) == exact.number(text)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "0.00", "9" * 40])
def test_what_is_unusual_is_not_read_and_not_remembered(text: str) -> None:
    with pytest.raises((LookupError, ValueError)):
        exact.usual(text)
    assert exact.recent(text) is None


def test_a_storm_of_new_numbers_does_not_grow_what_is_remembered() -> None:
    texts = [f"{number}.5" for number in range(40_000)]
    assert [exact.usual(text) for text in texts] == [number * 10**8 + 5 * 10**7 for number in range(40_000)]
    assert sum(exact.recent(text) is not None for text in texts) < 5_000
