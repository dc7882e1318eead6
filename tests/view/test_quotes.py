"""Which amounts of money can be held against each other."""

import pytest

from klagg_tui.view.quotes import are_mixed, is_comparable, is_dollar


@pytest.mark.parametrize("quote", ["USD", "USDT", "usdc", "FDUSD", "BUSD", "TUSD", "DAI", "PYUSD", "USDE", "RLUSD"])
def test_a_dollar_by_any_name_is_one(quote: str) -> None:
    assert is_dollar(quote)
    assert is_comparable(quote)


@pytest.mark.parametrize("quote", ["BTC", "EUR", "TRY", "AUD", "USDX"])
def test_other_money_is_none(quote: str) -> None:
    assert not is_dollar(quote)
    assert not is_comparable(quote)


def test_what_is_not_known_may_be_a_dollar_and_mixes_with_nothing() -> None:
    assert is_comparable("")
    assert not is_dollar("")
    assert not are_mixed(["USDT", "", "USDT"])
    assert are_mixed(["USDT", "USD"])
