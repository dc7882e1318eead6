"""The made-up market has something to show for every figure: coins that go together, crowds on both sides, a busy past."""

from __future__ import annotations

from itertools import pairwise
from math import log
from statistics import correlation, median

import pytest

from klagg_tui.simulator.market.calendar import DAY, HOUR, MINUTE_MS
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.quotes import funding_rate, premium_at

SPEC = MarketSpec(activity=400)
NOW = SPEC.start_ms // MINUTE_MS


def _returns(market: Market, symbol: str) -> list[float]:
    prices = [market.path.at(market.listing(symbol), minute) for minute in range(NOW - 300, NOW)]
    return [log(later / earlier) for earlier, later in pairwise(prices)]


def test_most_coins_go_with_btc_more_or_less_and_a_few_by_themselves() -> None:
    market = Market(SPEC)
    btc = _returns(market, "BTCUSDT")
    found = [correlation(btc, _returns(market, symbol)) for symbol in list(market.lives)[1:120]]
    assert 0.35 < median(found) < 0.85
    assert min(found) < 0.2
    assert max(found) > 0.85


def test_coins_of_two_venues_move_alike() -> None:
    here, there = Market(SPEC), Market(MarketSpec(activity=400, venue="kraken"))
    assert _returns(here, "ADAUSDT") == pytest.approx(_returns(there, "ADAUSDT"), rel=1e-9, abs=1e-12)


def test_funding_has_both_signs_and_a_few_extremes() -> None:
    market = Market(SPEC)
    listings = [life.listing for life in market.lives.values()]
    rates = [funding_rate(listing, SPEC.start_ms) for listing in listings]
    assert len(rates) / 10 < sum(rate < 0 for rate in rates) < len(rates) / 2
    assert min(rates) < -0.0005
    assert max(rates) > 0.0005
    assert sum(abs(rate) >= 0.0005 for rate in rates) < len(rates) / 10
    crowded = max(listings, key=lambda listing: funding_rate(listing, SPEC.start_ms))
    assert premium_at(market, crowded, SPEC.start_ms) > 0


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ADAUSDT", "GALAUSDT"])
def test_the_past_is_as_busy_as_today(symbol: str) -> None:
    klines, now_ms = Klines(Market(SPEC)), (NOW + 2 * HOUR) * MINUTE_MS
    live = klines.kline(symbol, NOW, NOW + 2 * HOUR, now_ms).sums
    for days in (1, 2, 5, 20, 60):
        past = klines.kline(symbol, NOW - days * DAY, NOW - (days - 1) * DAY, now_ms).sums
        assert 0.2 < past.trade_count / (12 * live.trade_count) < 5, days
        assert 0.1 < past.turnover / (12 * live.turnover) < 10, days


def test_some_symbols_are_young() -> None:
    ages = [(NOW - life.listing.listed_minute) // DAY for life in Market(SPEC).lives.values()]
    assert 10 < sum(age <= 30 for age in ages) < 60
    assert len(set(ages)) > 100
