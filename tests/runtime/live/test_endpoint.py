"""What is wanted of an exchange where nobody says."""

from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.registry import venue
from klagg_tui.runtime.live.endpoint import MarketEndpoint


def test_without_a_choice_the_usual_contracts_of_the_venue_are_wanted() -> None:
    exchange = venue()
    plain = MarketEndpoint(exchange, "http://x", "ws://x", history=1)
    assert plain.wanted == SymbolFilter(contract_types=exchange.contract_types[:1])
    chosen = SymbolFilter(patterns=("BTC*",))
    assert MarketEndpoint(exchange, "http://x", "ws://x", history=1, symbols=chosen).wanted == chosen
