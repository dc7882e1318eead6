"""Prices and quantities of a block's trades."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.events import AggTrade
from klagg_tui.importing.amounts import without_bad_amounts
from klagg_tui.importing.tally import Tally
from tests.makers import START

TEXTS = st.sampled_from(["1", "0", "0.00", "61800.30", "-1", "nan", "", "1e5", "0.123456789", "1" * 30])


def trade(price: str, quantity: str) -> AggTrade:
    return AggTrade("BTCUSDT", price, quantity, START, False, 1, 1, 1, START)


@pytest.mark.parametrize(
    ("price", "quantity", "reason"),
    [
        ("0", "1", "price is not positive"),
        ("1", "0.0", "quantity is not positive"),
        ("nan", "1", "'nan' is not a number"),
        ("1", "-1", "'-1' is not a number"),
    ],
)
def test_a_trade_without_price_or_quantity_goes_and_its_place_is_named(price: str, quantity: str, reason: str) -> None:
    good = trade("1", "1")
    assert without_bad_amounts([good, trade(price, quantity), good], [3, 5, 8], Tally()) == ([good, good], {5: reason})


def test_a_placeholder_stays_for_its_id_and_is_counted() -> None:
    tally = Tally()
    nothing = trade("0", "0.000")
    assert without_bad_amounts([nothing], [0], tally) == ([nothing], {})
    assert tally.placeholders == 1


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_many_are_judged_as_each_one_alone(texts: list[tuple[str, str]]) -> None:
    trades = [trade(*pair) for pair in texts]
    good, bad = without_bad_amounts(trades, range(len(trades)), Tally())
    alone = [without_bad_amounts([one], [at], Tally()) for at, one in enumerate(trades)]
    assert good == [one for kept, _ in alone for one in kept]
    assert bad == {at: reason for _, found in alone for at, reason in found.items()}
