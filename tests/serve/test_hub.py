"""What all readers want together."""

from __future__ import annotations

import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.errors import BadRequest
from klagg_tui.serve import hub as hub_module
from klagg_tui.serve.hub import Hub, HubUpdate, Subscriber
from klagg_tui.serve.subscriptions import EVERYTHING, Subscription, parse_subscription


def test_a_reader_that_asks_for_too_much_keeps_what_it_had() -> None:
    hub, reader = Hub(), Subscriber()
    hub.subscribe(reader, Subscription(True, ("A", "B"), None))
    with pytest.raises(BadRequest):
        hub.subscribe(reader, Subscription(True, tuple(f"X{number}" for number in range(5_000)), None))
    assert (set(reader.wanted), hub.subscribers) == ({"A", "B"}, 1)


def test_what_all_readers_want_together_is_bounded_and_given_free_by_who_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "MAX_WANTED", 5)
    hub, one, other = Hub(), Subscriber(), Subscriber()
    hub.subscribe(one, Subscription(True, ("A", "B", "C"), None))
    with pytest.raises(BadRequest, match="All readers together would want 6 symbols, and 5 is the most"):
        hub.subscribe(other, Subscription(True, ("A", "B", "C"), None))
    hub.subscribe(other, Subscription(True, (EVERYTHING,), None))
    hub.remove(one)
    hub.subscribe(other, Subscription(True, ("A", "B", "C"), None))
    assert hub.subscribers == 1


def test_a_symbol_is_meant_in_whatever_letters_it_was_typed() -> None:
    hub, reader = Hub(), Subscriber()
    hub.take(HubUpdate(Changes(), ("hyperliquid:kPEPE", "kBONK")))
    hub.subscribe(reader, parse_subscription('{"subscribe": ["HYPERLIQUID:KPEPE", "kbonk", "okx-swap:BTC-USDT-SWAP"]}'))
    assert set(reader.wanted) == {"hyperliquid:kPEPE", "kBONK", "okx-swap:BTC-USDT-SWAP"}


def test_a_name_without_its_exchange_means_the_one_that_alone_has_it() -> None:
    hub, reader = Hub(), Subscriber()
    names = ("kraken:BTC/USD", "binance-um:BTCUSDT", "binance-spot:BTCUSDT", "hyperliquid:kPEPE")
    hub.take(HubUpdate(Changes(), names))
    hub.subscribe(reader, parse_subscription('{"subscribe": ["btc/usd", "BTCUSDT", "kpepe"]}'))
    assert set(reader.wanted) == {"kraken:BTC/USD", "BTCUSDT", "hyperliquid:kPEPE"}
    assert (hub.meant("btcusdt"), hub.meant("kraken:BTC/USD")) == ([*names[1:3]], [names[0]])
    hub.subscribe(reader, parse_subscription('{"unsubscribe": "BTC/USD"}'))
    assert set(reader.wanted) == {"BTCUSDT", "hyperliquid:kPEPE"}


def test_a_symbol_of_the_only_exchange_is_meant_with_its_key_too() -> None:
    hub = Hub("okx-swap")
    hub.take(HubUpdate(Changes(), ("BTC-USDT-SWAP",)))
    assert hub.spelled("okx:btc-usdt-swap") == hub.spelled("okx-swap:BTC-USDT-SWAP") == "BTC-USDT-SWAP"
    assert hub.spelled("kraken:BTC-USDT-SWAP") == "kraken:BTC-USDT-SWAP"
