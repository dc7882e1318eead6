"""How venues come to be asked."""

from __future__ import annotations

import pytest

from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.transport.client import MarketClient

VENUES = ("binance-um", "binance-spot", "coinbase", "okx-swap", "okx-spot", "kraken", "hyperliquid")


@pytest.mark.parametrize("key", VENUES)
def test_the_exchange_itself_has_the_pace_of_the_world_and_only_an_imitation_another(key: str) -> None:
    one = venue(key)
    own, imitation = one.market_data(one.rest_url, 5.0), one.market_data("http://127.0.0.1:9", 5.0)
    assert isinstance(own, MarketClient)
    assert isinstance(imitation, MarketClient)
    assert (own.http._has_speed, imitation.http._has_speed) == (False, True)
    assert not own.clock.is_set
    assert own.clock is not imitation.clock
