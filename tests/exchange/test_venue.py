"""What an exchange says of itself, and what a listing proves."""

import pytest

from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.listing import Instrument, Instruments, Unread


def instrument(symbol: str) -> Instrument:
    return Instrument(symbol, "USDT", "PERPETUAL", True, 2, 3, 0)


TEN = tuple(instrument(f"S{number}") for number in range(10))


@pytest.mark.parametrize(
    ("url", "is_it"),
    [
        ("https://fapi.binance.com", True),
        ("https://fapi1.binance.com/", True),
        ("wss://fstream.binance.com/market/stream", True),
        ("https://demo-fapi.binance.com", False),
        ("https://fapi.binance.com.example.org", False),
        ("http://127.0.0.1:8080", False),
        ("nowhere", False),
        ("http://[", False),
    ],
)
def test_only_the_exchanges_own_hosts_are_the_exchange(url: str, is_it: bool) -> None:
    assert VENUE.is_at(url) is is_it


def test_the_sizes_of_pages_follow_from_their_costs() -> None:
    asked = VENUE.requests
    assert (asked.cheapest_bars, asked.best_bars, asked.most_bars) == (99, 499, 1500)
    assert [asked.bars_cost(rows) for rows in (1, 99, 100, 499, 500, 1000, 1001, 1500, 9999)] == [
        *(1, 1, 2, 2, 5, 5, 10, 10, 10),
    ]


def test_a_listing_that_was_read_proves_something_of_every_symbol() -> None:
    assert Instruments(TEN).unproven(["S1", "GONE"]) == set()


def test_an_entry_that_was_not_read_proves_nothing_of_its_symbol() -> None:
    listed = Instruments(TEN, Unread(1, frozenset({"ODD"}), "x"))
    assert listed.unproven(["S1", "ODD", "GONE"]) == {"ODD"}


def test_an_entry_without_a_name_proves_nothing_of_any_symbol_that_is_not_there() -> None:
    listed = Instruments(TEN, Unread(1, frozenset(), "x"))
    assert listed.unproven(["S1", "GONE"]) == {"GONE"}


def test_a_listing_that_is_largely_not_read_proves_nothing() -> None:
    listed = Instruments(TEN, Unread(2, frozenset({"A", "B"}), "x"))
    assert listed.unproven(["S1", "GONE"]) == {"S1", "GONE"}
