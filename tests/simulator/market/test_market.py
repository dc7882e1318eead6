"""The market behind the simulated exchange: equal seeds, equal bytes; ids, times and events as at the exchange."""

import tracemalloc
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import NOTICE_MINUTES, Market, Trade
from klagg_tui.simulator.streams.feed import Feed
from klagg_tui.simulator.streams.frames import trade_frames

SPEC = MarketSpec(symbols=30, seed=5, activity=8, history_days=60)
NOW = SPEC.start_ms // MINUTE_MS


def _sent(market: Market, minutes: int) -> Iterator[bytes]:
    feed = Feed(market, market.spec.start_ms, partial(trade_frames, market))
    for symbol in market.lives:
        feed.follow(symbol)
    for second in range(minutes * 60):
        for frame in feed.advance(market.spec.start_ms + second * 1000):
            yield frame.payload


def _trades(market: Market, symbol: str, minutes: int) -> list[Trade]:
    return [trade for minute in range(NOW, NOW + minutes) for trade in market.trades(symbol, minute)]


def test_equal_seeds_send_equal_bytes() -> None:
    assert list(_sent(Market(SPEC), 5)) == list(_sent(Market(SPEC), 5))


def test_another_seed_sends_something_else() -> None:
    assert list(_sent(Market(SPEC), 2)) != list(_sent(Market(MarketSpec(symbols=30, seed=6, activity=8)), 2))


def test_what_is_sent_does_not_depend_on_what_was_asked_before() -> None:
    asked = Market(SPEC)
    for minute in range(NOW + 500, NOW - 500, -7):
        asked.trades("ETHUSDT", minute)
    assert _trades(asked, "ETHUSDT", 30) == _trades(Market(SPEC), "ETHUSDT", 30)


def test_beats_of_any_length_send_the_same() -> None:
    market = Market(SPEC)
    feed = Feed(market, SPEC.start_ms, partial(trade_frames, market))
    for symbol in market.lives:
        feed.follow(symbol)
    at_once = [frame.payload for frame in feed.advance(SPEC.start_ms + 299_000)]
    assert sorted(at_once) == sorted(_sent(market, 5))


def test_aggregate_ids_follow_each_other_without_holes() -> None:
    market = Market(SPEC)
    for symbol in market.lives:
        ids = [trade.aggregate_id for trade in _trades(market, symbol, 90)]
        assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_ids_of_fills_ascend_and_have_holes() -> None:
    trades = _trades(Market(SPEC), "BTCUSDT", 60)
    steps = [later.first_trade_id - earlier.last_trade_id for earlier, later in pairwise(trades)]
    assert min(steps) == 1
    assert max(steps) > 1
    assert all(trade.last_trade_id >= trade.first_trade_id for trade in trades)


def test_some_trades_are_stamped_before_their_predecessor_but_none_leaves_its_minute() -> None:
    market = Market(SPEC)
    behind = 0
    for minute in range(NOW, NOW + 240):
        trades = market.trades("BTCUSDT", minute)
        behind += sum(later.traded_ms < earlier.traded_ms for earlier, later in pairwise(trades))
        assert all(minute == trade.traded_ms // MINUTE_MS for trade in trades)
    assert behind


def test_every_trade_is_published_within_140_ms() -> None:
    for trade in _trades(Market(SPEC), "BTCUSDT", 120):
        assert 0 < trade.event_ms - trade.traded_ms <= 140


def test_few_symbols_are_busy_and_many_have_minutes_without_trades() -> None:
    market = Market(MarketSpec(symbols=200, activity=15))
    totals = sorted((sum(market.count(symbol, NOW + i) for i in range(60)) for symbol in market.lives), reverse=True)
    assert sum(totals[:10]) > sum(totals) / 3
    empty = sum(market.count(symbol, NOW + i) == 0 for symbol in market.lives for i in range(60))
    assert empty > 200 * 60 / 4


@pytest.mark.parametrize("activity", [5.0, 100.0, 1000.0])
def test_activity_is_about_what_was_asked(activity: float) -> None:
    market = Market(MarketSpec(symbols=100, activity=activity))
    total = sum(market.count(symbol, NOW + i) for symbol in market.lives for i in range(360))
    assert activity * 360 * 60 * 0.5 < total < activity * 360 * 60 * 2


def test_prices_move_from_minute_to_minute_without_leaps() -> None:
    market = Market(SPEC)
    closes = [trade.price for trade in _trades(market, "BTCUSDT", 600)]
    assert max(abs(later / earlier - 1) for earlier, later in pairwise(closes)) < 0.01
    assert max(closes) / min(closes) > 1.002


def test_names_that_are_not_ascii_and_eight_decimals_are_there() -> None:
    market = Market(SPEC)
    assert "币安人生USDT" in market.lives
    for symbol, field in (("1000SATSUSDT", "p"), ("YFIUSDT", "q")):
        payload = next(frame.payload for frame in trade_frames(market, symbol, NOW, market.trades(symbol, NOW)))
        assert len(orjson.loads(payload)[field].partition(".")[2]) == 8


def test_no_two_symbols_share_a_name() -> None:
    assert len(Market(MarketSpec(symbols=1200)).lives) == 1203


@given(minutes_ago=st.integers(0, 1400), rank=st.integers(0, 29))
def test_the_minute_of_an_id_is_found_again(minutes_ago: int, rank: int) -> None:
    market = Market(SPEC)
    symbol = list(market.lives)[rank]
    trades = market.trades(symbol, NOW - minutes_ago)
    for trade in (*trades[:1], *trades[-1:]):
        assert market.minute_of(symbol, trade.aggregate_id, NOW - 1440, NOW + 5) == NOW - minutes_ago


def test_an_id_that_is_too_old_or_still_to_come_is_found_nowhere() -> None:
    market = Market(SPEC)
    assert market.minute_of("BTCUSDT", 1, NOW - 1440, NOW) is None
    assert market.minute_of("BTCUSDT", market.first_id("BTCUSDT", NOW), NOW - 1440, NOW) is None


def test_a_new_symbol_begins_with_id_one_in_the_minute_it_was_told() -> None:
    market = Market(SPEC)
    symbol = market.list_new(NOW + 77)
    assert market.status(symbol, NOW + 76) == "PENDING_TRADING"
    assert not any(market.count(symbol, minute) for minute in range(NOW, NOW + 77))
    assert market.trades(symbol, NOW + 77)[0].aggregate_id == 1
    ids = [trade.aggregate_id for trade in _trades(market, symbol, 300)]
    assert ids == list(range(1, len(ids) + 1))


def test_a_delisted_symbol_keeps_its_past_and_trades_no_more() -> None:
    market = Market(SPEC)
    before = _trades(market, "SOLUSDT", 100)
    market.delist("SOLUSDT", NOW + 100)
    assert _trades(market, "SOLUSDT", 200) == before
    assert market.status("SOLUSDT", NOW + 100) == "SETTLING"


def test_a_change_of_tick_keeps_earlier_prices_and_adds_a_decimal() -> None:
    market = Market(SPEC)
    market.change_tick("DOGEUSDT", NOW + NOTICE_MINUTES)
    early, late = (
        [
            orjson.loads(frame.payload)["p"]
            for frame in trade_frames(market, "DOGEUSDT", at, market.trades("DOGEUSDT", at))
        ]
        for at in (NOW, NOW + NOTICE_MINUTES)
    )
    assert {len(price.partition(".")[2]) for price in early} == {5}
    assert {len(price.partition(".")[2]) for price in late} == {6}


def test_ticks_can_change_again_and_again() -> None:
    market = Market(SPEC)
    for symbol in market.lives:
        for round_ in range(4):
            market.change_tick(symbol, NOW + round_)
            tick, shown = market.tick(symbol, NOW + round_)
            unit_decimals = market.listing(symbol).price_unit_decimals
            assert tick % 10 ** (unit_decimals - shown) == 0
            assert 0 < shown <= unit_decimals


def test_a_market_keeps_hardly_more_memory_after_nine_hours_than_after_six() -> None:
    market = Market(MarketSpec(symbols=3, activity=0.5))
    feed, klines = Feed(market, market.spec.start_ms, partial(trade_frames, market)), Klines(market)
    for symbol in market.lives:
        feed.follow(symbol)

    def run(hours: range) -> None:
        for minute in range(hours.start * 60, hours.stop * 60):
            now_ms = market.spec.start_ms + minute * MINUTE_MS
            feed.advance(now_ms)
            klines.kline("BTCUSDT", now_ms // MINUTE_MS, now_ms // MINUTE_MS + 1, now_ms)

    run(range(6))
    tracemalloc.start()
    run(range(6, 9))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Caches that are bounded and not full yet take most of it: the trades of those hours alone would be more.
    assert grown < 2 * 2**20
    assert sum(map(len, feed._due.values())) < 100
