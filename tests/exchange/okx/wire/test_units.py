"""Numbers that are texts, and what a size counts."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.okx.wire.units import (
    Contract,
    SpotContracts,
    contract_of,
    decimals_of,
    moment,
    product,
    quantity,
    whole,
)

PLAIN = st.from_regex(r"[0-9]{1,18}(\.[0-9]{1,18})?", fullmatch=True)


@given(PLAIN, PLAIN)
def test_a_product_is_exact(first: str, second: str) -> None:
    made = product(first, second)
    assert Decimal(made) == Context(prec=100).multiply(Decimal(first), Decimal(second))
    assert "." not in made or not made.endswith(("0", "."))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("38.0", "10", "380"), ("0.01", "0.01", "0.0001"), ("1", "1000000000", "1000000000"), ("0.0", "0.1", "0")],
)
def test_a_product_has_no_closing_zeros(first: str, second: str, expected: str) -> None:
    assert product(first, second) == expected


@pytest.mark.parametrize("text", ["", ".", "1.", ".5", "-1", "+1", "1e5", "nan", " 1", "1_0", "1,5", "1" * 49, "٣"])
def test_what_is_no_plain_number_is_not_multiplied(text: str) -> None:
    with pytest.raises(BadFrame):
        product(text, "10")
    with pytest.raises(BadFrame):
        product("10", text)


def test_decimals_are_those_that_a_number_needs() -> None:
    assert [decimals_of(text) for text in ("1", "0.10", "0.000000000001")] == [0, 1, 12]


def test_whole_numbers_and_times_are_texts_of_digits() -> None:
    assert whole("9223372036854775807") == 2**63 - 1
    assert moment("1630048897897") == 1_630_048_897_897


@pytest.mark.parametrize("value", [7, None, "", "-1", "1.0", "9223372036854775808", "9" * 20, "٣", "1_0", ["1"]])
def test_what_is_no_text_of_digits_is_no_whole_number(value: object) -> None:
    with pytest.raises(BadFrame):
        whole(value)  # type: ignore[arg-type]


def test_a_time_beyond_the_calendar_is_damage() -> None:
    with pytest.raises(BadFrame, match="time"):
        moment("253370764800000")


def test_a_size_of_contracts_is_multiplied_and_one_of_coins_left_as_it_is() -> None:
    assert quantity("38.0", Contract(size="10")) == "380"
    assert quantity("0.00100", Contract()) == "0.00100"
    assert quantity("7", Contract(value="100")) == "7"


def test_an_unknown_contract_is_never_guessed_but_coins_are_coins() -> None:
    with pytest.raises(BadFrame, match="nobody knows what a contract of X-USDT-SWAP is worth"):
        contract_of({}, "X-USDT-SWAP")
    assert contract_of(SpotContracts(), "X-USDT") == Contract()
