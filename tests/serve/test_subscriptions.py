"""What a websocket reader asks for, as values."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadRequest
from klagg_tui.serve.subscriptions import EVERYTHING, Subscription, covers, parse_subscription, updated
from tests.makers import bar


def test_a_message_names_symbols_once_and_periods_by_their_names() -> None:
    asked = parse_subscription('{"subscribe": ["btcusdt", "BTCUSDT"], "periods": ["1m", "5m"]}')
    assert asked == Subscription(True, ("BTCUSDT",), frozenset({Period.M1, Period.M5}))
    assert parse_subscription(b'{"unsubscribe": "*"}') == Subscription(False, (EVERYTHING,), None)


@pytest.mark.parametrize("text", ['{"subscribe": "A", "periods": "7m"}', "{", '{"subscribe": [1]}', "7"])
def test_a_message_that_asks_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_subscription(text)


def test_unsubscribing_everything_ends_all() -> None:
    wanted = updated({}, Subscription(True, ("A", "B"), None))
    assert updated(wanted, Subscription(False, ("A",), None)) == {"B": None}
    assert updated(wanted, Subscription(False, (EVERYTHING,), None)) == {}


def test_a_bar_is_covered_by_its_symbol_or_by_everything_in_its_period() -> None:
    one = bar(symbol="A")
    assert covers({"A": None}, one)
    assert covers({EVERYTHING: frozenset({Period.M1})}, one)
    assert not covers({"A": frozenset({Period.M5}), "B": None}, one)


def test_what_one_reader_wants_is_bounded_in_sum_over_its_messages() -> None:
    def names(batch: int) -> tuple[str, ...]:
        return tuple(f"X{batch}N{number}" for number in range(4_000))

    wanted = updated({}, Subscription(True, names(0), None))
    with pytest.raises(BadRequest, match=r"8,000 symbols, and one reader may want 5,000"):
        updated(wanted, Subscription(True, names(1), None))
    assert len(updated(wanted, Subscription(True, names(0), frozenset({Period.M1})))) == 4_000
