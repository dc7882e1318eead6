"""What the two venues say of themselves."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.okx import SPOT, SWAP
from klagg_tui.exchange.okx.rest import RestClient
from klagg_tui.exchange.venue import Ids, Question, Venue
from tests.exchange.okx.samples import TRADE, pushed, with_change


@pytest.mark.parametrize(
    ("url", "is_it"),
    [
        ("https://www.okx.com", True),
        ("https://us.okx.com/", True),
        ("https://eea.okx.com", True),
        ("wss://ws.okx.com:8443/ws/v5/business", True),
        ("wss://wsus.okx.com:8443/ws/v5/business", True),
        ("wss://wseea.okx.com:8443/ws/v5/business", True),
        ("wss://wspap.okx.com:8443/ws/v5/business", False),
        ("https://www.okx.com.example.org", False),
        ("http://127.0.0.1:8080", False),
    ],
)
def test_regional_hosts_are_the_exchange_and_demo_trading_is_not(url: str, is_it: bool) -> None:
    assert (SWAP.is_at(url), SPOT.is_at(url)) == (is_it, is_it)


@pytest.mark.parametrize("venue", [SWAP, SPOT], ids=["swap", "spot"])
def test_its_own_addresses_are_its_own(venue: Venue) -> None:
    assert venue.is_at(venue.rest_url)
    assert venue.is_at(venue.stream_url)
    assert venue.stream_url.endswith(venue.codec.path)


@pytest.mark.parametrize("venue", [SWAP, SPOT], ids=["swap", "spot"])
def test_ids_prove_and_candles_lack_count_and_takers(venue: Venue) -> None:
    assert venue.ids is Ids.DENSE
    assert venue.candle.lacks == Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
    assert not {Period.H8, Period.D3} & venue.candle.periods
    assert Question.IDS in {doubt.question for doubt in venue.doubts}


def test_without_a_listing_spot_is_readable_and_a_swap_is_not() -> None:
    coin = pushed(with_change(TRADE, instId="BTC-USDT"), symbol="BTC-USDT")
    assert len(SPOT.codec.decode_batch([coin]).trades) == 1
    assert len(SWAP.codec.decode_batch([pushed(TRADE)]).damaged) == 1


@pytest.mark.parametrize(("url", "has_speed"), [(SWAP.rest_url, False), ("http://127.0.0.1:1", True)])
def test_only_an_imitation_may_have_a_pace_of_its_own(url: str, has_speed: bool) -> None:
    made = SPOT.market_data(url, 5.0)
    assert isinstance(made, RestClient)
    assert made.http._has_speed is has_speed
