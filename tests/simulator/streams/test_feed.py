"""When the simulated exchange sends which trade: each once, whoever comes and goes."""

from functools import partial

import orjson
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.streams.feed import Feed
from klagg_tui.simulator.streams.frames import trade_frames

SPEC = MarketSpec(symbols=3, seed=5, activity=4, history_days=2)
SYMBOL = "BTCUSDT"


def _feed(market: Market) -> Feed:
    return Feed(market, SPEC.start_ms, partial(trade_frames, market))


def _ids(feed: Feed, now_ms: int) -> list[int]:
    return [orjson.loads(frame.payload)["a"] for frame in feed.advance(now_ms)]


def test_a_symbol_that_is_left_and_followed_again_is_sent_once() -> None:
    feed = _feed(Market(SPEC))
    feed.follow(SYMBOL)
    sent = _ids(feed, SPEC.start_ms + 20_000)
    for second in (20, 21, 58, 59):
        sent += _ids(feed, SPEC.start_ms + second * 1000)
        feed.leave(SYMBOL)
        feed.follow(SYMBOL)
    sent += _ids(feed, SPEC.start_ms + 180_000)
    assert sent == list(range(sent[0], sent[0] + len(sent)))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 90_000)), max_size=12))
def test_no_trade_is_sent_twice_nor_late_whenever_a_symbol_is_followed(steps: list[tuple[bool, int]]) -> None:
    market = Market(SPEC)
    feed = _feed(market)
    sent: list[int] = []
    now_ms, due = SPEC.start_ms, set[int]()
    for follows, wait_ms in steps:
        (feed.follow if follows else feed.leave)(SYMBOL)
        after_ms = now_ms + wait_ms
        sent += _ids(feed, after_ms)
        if follows:
            minutes = range(now_ms // 60_000 - 1, after_ms // 60_000 + 1)
            trades = [trade for minute in minutes for trade in market.trades(SYMBOL, minute)]
            # A frame may leave up to 20 ms after its moment.
            due |= {trade.aggregate_id for trade in trades if now_ms < trade.event_ms <= after_ms - 20}
        now_ms = after_ms
    assert len(sent) == len(set(sent))
    assert due <= set(sent)
