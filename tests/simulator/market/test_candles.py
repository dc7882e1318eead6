"""Candles in any grid, and trades that are past: what faces answer from."""

from itertools import pairwise

import pytest

from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS
from klagg_tui.simulator.market.candles import Candles
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import NOTICE_MINUTES, Market
from klagg_tui.simulator.market.past_trades import PastTrades

SPEC = MarketSpec(symbols=3, seed=4, activity=3, history_days=30)
NOW_MS = SPEC.start_ms + 90 * MINUTE_MS + 20_500
NOW = NOW_MS // MINUTE_MS
SYMBOL = "BTCUSDT"
DAY_MS = DAY * MINUTE_MS


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(SPEC)


@pytest.fixture(scope="module")
def candles(market: Market) -> Candles:
    return Candles(market, Klines(market))


@pytest.mark.parametrize("interval", ["1m", "6h", "1w", 360, 21_600], ids=str)
def test_the_newest_are_the_end_of_all(candles: Candles, interval: str | int) -> None:
    every = list(candles.between(SYMBOL, interval, 0 if interval != "1m" else NOW_MS - 40 * MINUTE_MS, NOW_MS, NOW_MS))
    assert candles.latest(SYMBOL, interval, 3, NOW_MS) == every[-3:]
    assert all(later.open_ms == earlier.end_ms for earlier, later in pairwise(every))
    assert [one.is_over for one in every] == [True] * (len(every) - 1) + [False]


def test_bounds_are_open_times_and_both_are_included(candles: Candles) -> None:
    first_ms = (NOW - 10) * MINUTE_MS
    found = list(candles.between(SYMBOL, "1m", first_ms, first_ms + 3 * MINUTE_MS, NOW_MS))
    assert [one.open_ms for one in found] == [first_ms + at * MINUTE_MS for at in range(4)]
    inside = list(candles.between(SYMBOL, "1m", first_ms + 1, first_ms + 3 * MINUTE_MS - 1, NOW_MS))
    assert inside == found[1:3]
    assert candles.latest(SYMBOL, "1m", 2, NOW_MS, until_ms=first_ms + MINUTE_MS) == found[:2]


def test_a_grid_can_be_moved_to_another_zone_or_day(candles: Candles) -> None:
    days = candles.latest(SYMBOL, "1d", 2, NOW_MS, shift=480)
    assert {one.open_ms % DAY_MS for one in days} == {16 * 60 * MINUTE_MS}
    weeks = candles.latest(SYMBOL, "1w", 2, NOW_MS, shift=4 * DAY)
    assert {one.open_ms % (7 * DAY_MS) for one in weeks} == {0}


def test_a_moved_day_is_the_sum_of_its_minutes(candles: Candles) -> None:
    day, _ = candles.latest(SYMBOL, "1d", 2, NOW_MS, shift=480)
    hours = [one for one in candles.between(SYMBOL, "1h", day.open_ms, day.end_ms - 1, NOW_MS) if one.is_traded]
    assert day.kline.sums.volume == sum(one.kline.sums.volume for one in hours)
    assert day.text.high == max((one.text.high for one in hours), key=float)


def test_a_candle_without_trades_is_flat_at_the_close_before(candles: Candles) -> None:
    symbol = "TSLAUSDT"
    minutes = list(candles.between(symbol, "1m", NOW_MS - 80 * MINUTE_MS, NOW_MS, NOW_MS))
    quiet = next(at for at, one in enumerate(minutes) if at and not one.is_traded)
    before = minutes[quiet - 1].text.close
    assert set(minutes[quiet].text[:4]) == {before}
    assert candles.close_before(symbol, minutes[quiet].open_ms // MINUTE_MS, NOW_MS) == before


def test_candles_of_a_relisted_name_are_those_of_both_contracts() -> None:
    market = Market(SPEC)
    candles = Candles(market, Klines(market))
    end = NOW + NOTICE_MINUTES
    market.delist(SYMBOL, end)
    market.list_again(SYMBOL, end + 30)
    found = candles.latest(SYMBOL, "1m", 20, (end + 40) * MINUTE_MS)
    opens = [one.open_ms // MINUTE_MS for one in found]
    assert opens == [*range(end - 9, end), *range(end + 30, end + 41)]
    assert found == list(candles.between(SYMBOL, "1m", opens[0] * MINUTE_MS, NOW_MS + DAY_MS, (end + 40) * MINUTE_MS))


@pytest.fixture(scope="module")
def past(market: Market) -> PastTrades:
    return PastTrades(market, 30 * DAY_MS)


def test_trades_before_an_id_end_right_before_it(market: Market, past: PastTrades) -> None:
    at = market.first_id(SYMBOL, NOW - 20) + 7
    ids = [trade.aggregate_id for trade in past.before_id(SYMBOL, at, 40, NOW_MS)]
    assert ids == list(range(at - 40, at))
    newest = past.until(SYMBOL, NOW_MS, 5, NOW_MS)
    assert past.before_id(SYMBOL, newest[-1].aggregate_id + 10**6, 5, NOW_MS) == newest
    assert past.before_id(SYMBOL, 1, 5, NOW_MS) == []


def test_ids_of_long_ago_are_found_without_counting_every_hour_since_the_epoch(market: Market) -> None:
    past = PastTrades(market, 40_000 * DAY_MS)
    listed = market.listing(SYMBOL).listed_minute
    first = market.first_id(SYMBOL, listed)
    assert [trade.aggregate_id for trade in past.from_id(SYMBOL, first, 3, NOW_MS)] == [first, first + 1, first + 2]
    hour = (listed // 60) - 48
    assert len(market.pace._ledgers[market.listing(SYMBOL)].earlier) < market.pace.start_hour - hour


def test_single_fills_have_one_id_each_and_straddle_no_minute() -> None:
    market = Market(MarketSpec(symbols=3, seed=4, activity=3, history_days=2, straddle_every=1, single_fills=True))
    for minute in range(NOW - 20, NOW):
        trades = market.trades(SYMBOL, minute)
        assert all(trade.first_trade_id == trade.last_trade_id for trade in trades)
        assert market.carried(SYMBOL, minute) is None
    assert not market.straddle(SYMBOL, NOW + 5)
