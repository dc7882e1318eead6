from __future__ import annotations

from decimal import Context, Decimal, Inexact, Rounded, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.engine import exact, parsing
from tests.flows import eight_decimals

units = st.integers(0, 10**20)
turnovers = st.integers(0, 10**36)


@given(units)
@example(10**20 - 1)
def test_every_text_of_eight_decimals_comes_back_as_it_was(value: int) -> None:
    text = eight_decimals(value)
    assert exact.text(parsing.number(text), 8) == text
    assert exact.as_decimal(parsing.number(text)) == Decimal(text)


@given(units, units)
def test_price_times_quantity_is_the_turnover_to_the_last_digit(price: int, quantity: int) -> None:
    with localcontext(Context(prec=80, traps=[Inexact, Rounded])):
        paid = Decimal(eight_decimals(price)) * Decimal(eight_decimals(quantity))
    assert exact.turnover_as_decimal(price * quantity) == paid
    assert parsing.turnover(exact.turnover_text(price * quantity)) == price * quantity


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


@given(st.integers(0, 10**15), st.integers(0, 8), st.integers(0, 16))
def test_a_count_of_smaller_units_is_the_number_with_so_many_decimals(count: int, decimals: int, more: int) -> None:
    assert exact.as_decimal(exact.unpacked(count, decimals)) == Decimal(count).scaleb(-decimals)
    assert exact.turnover_as_decimal(exact.turnover_unpacked(count, more)) == Decimal(count).scaleb(-more)


@given(units)
def test_the_float_for_drawing_is_the_nearest_one(value: int) -> None:
    assert exact.as_float(value) == float(Decimal(eight_decimals(value)))
    assert exact.turnover_as_float(value) == float(exact.turnover_as_decimal(value))
