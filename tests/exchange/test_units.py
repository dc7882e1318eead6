"""What a size counts."""

import pytest

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.units import Contract, SpotContracts, contract_of, quantity


def test_a_size_of_contracts_is_multiplied_and_one_of_coins_left_as_it_is() -> None:
    assert quantity("38.0", Contract(size="10")) == "380"
    assert quantity("0.00100", Contract()) == "0.00100"
    assert quantity("7", Contract(value="100")) == "7"


def test_an_unknown_contract_is_never_guessed_but_coins_are_coins() -> None:
    with pytest.raises(BadFrame, match="nobody knows what a contract of X-USDT-SWAP is worth"):
        contract_of({}, "X-USDT-SWAP")
    assert contract_of(SpotContracts(), "X-USDT") == Contract()
