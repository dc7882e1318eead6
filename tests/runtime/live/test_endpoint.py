"""What is wanted of an exchange where nobody says."""

import time

from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.registry import venue
from klagg_tui.runtime.live.endpoint import MarketEndpoint


def test_without_a_choice_the_usual_contracts_of_the_venue_are_wanted() -> None:
    exchange = venue()
    plain = MarketEndpoint(exchange, "http://x", "ws://x", history=1)
    assert plain.wanted == SymbolFilter(contract_types=exchange.contract_types[:1])
    chosen = SymbolFilter(patterns=("BTC*",))
    assert MarketEndpoint(exchange, "http://x", "ws://x", history=1, symbols=chosen).wanted == chosen


def test_bars_are_removed_by_an_imitations_time_and_by_no_exchanges_alone() -> None:
    exchange = venue()
    before_ms = int(time.time() * 1000)
    real = MarketEndpoint(exchange, exchange.rest_url, exchange.stream_url, history=1)
    assert real.latest_ms(5) >= before_ms
    assert real.latest_ms(before_ms + 10**9) == before_ms + 10**9
    assert MarketEndpoint(exchange, "http://127.0.0.1:1", "ws://x", history=1).latest_ms(5) == 5
