from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, Inexact, Rounded, localcontext
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.engine import exact, parsing
from tests.flows import eight_decimals, twelve_decimals, with_decimals

units = st.integers(0, 10**24)


class Kind(NamedTuple):
    """All ways in and out of one kind of number."""

    decimals: int
    read: Callable[[str], int]
    text: Callable[..., str]
    decimals_of: Callable[[int], int]
    as_decimal: Callable[[int], Decimal]
    as_float: Callable[[int], float]
    unpacked: Callable[[int, int], int]


PRICE = Kind(
    12,
    parsing.price,
    exact.price_text,
    exact.price_decimals_of,
    exact.price_as_decimal,
    exact.price_as_float,
    exact.price_unpacked,
)
QUANTITY = Kind(
    8,
    parsing.quantity,
    exact.quantity_text,
    exact.quantity_decimals_of,
    exact.quantity_as_decimal,
    exact.quantity_as_float,
    exact.quantity_unpacked,
)
TURNOVER = Kind(
    20,
    parsing.turnover,
    exact.turnover_text,
    exact.turnover_decimals_of,
    exact.turnover_as_decimal,
    exact.turnover_as_float,
    exact.turnover_unpacked,
)
kinds = pytest.mark.parametrize("kind", [PRICE, QUANTITY, TURNOVER], ids=["price", "quantity", "turnover"])


@kinds
@given(value=units)
@example(value=10**24 - 1)
def test_every_text_comes_back_as_it_was(kind: Kind, value: int) -> None:
    text = with_decimals(value, kind.decimals)
    assert kind.read(text) == value
    assert kind.text(value, kind.decimals) == text
    assert kind.as_decimal(value) == Decimal(text)


@given(st.integers(0, 10**19 - 1), st.integers(0, 10**19 - 1))
def test_price_times_quantity_is_the_turnover_to_the_last_digit(price: int, quantity: int) -> None:
    with localcontext(Context(prec=80, traps=[Inexact, Rounded])):
        paid = Decimal(twelve_decimals(price)) * Decimal(eight_decimals(quantity))
    assert exact.turnover_as_decimal(price * quantity) == paid
    assert parsing.turnover(exact.turnover_text(price * quantity)) == price * quantity


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, None, "0"),
        (0, 2, "0.00"),
        (61_800_300_000_000_000, None, "61800.3"),
        (61_800_300_000_000_000, 2, "61800.30"),
        (61_800_300_000_000_000, 0, "61800.3"),
        (1, 2, "0.000000000001"),
        (10**12, None, "1"),
        (10**12, 1, "1.0"),
        (-500_000_000_000, None, "-0.5"),
        (-3 * 10**12, 1, "-3.0"),
    ],
)
def test_text_has_the_decimals_asked_for_and_those_it_needs(value: int, decimals: int | None, text: str) -> None:
    assert exact.price_text(value, decimals) == text


@kinds
@given(value=st.integers(-(10**24), 10**24))
def test_a_number_needs_as_many_decimals_as_its_shortest_text_shows(kind: Kind, value: int) -> None:
    assert kind.decimals_of(value) == len(kind.text(value).partition(".")[2])


@kinds
@given(count=st.integers(0, 10**15), share=st.floats(0, 1))
def test_a_count_of_smaller_units_is_the_number_with_so_many_decimals(kind: Kind, count: int, share: float) -> None:
    decimals = round(share * kind.decimals)
    assert kind.as_decimal(kind.unpacked(count, decimals)) == Decimal(count).scaleb(-decimals)


@kinds
def test_more_decimals_than_its_kind_has_are_never_unpacked(kind: Kind) -> None:
    with pytest.raises(IndexError):
        kind.unpacked(1, kind.decimals + 1)


@kinds
@given(value=units)
def test_the_float_for_drawing_is_the_nearest_one(kind: Kind, value: int) -> None:
    assert kind.as_float(value) == float(Decimal(with_decimals(value, kind.decimals)))
