"""The market as the screens draw it."""

from array import array

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import BarColumns, StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.view.closes import CLOSES_KEPT
from klagg_tui.view.model import (
    Market,
    Row,
    change_percent,
    is_stale_bar,
    taker_share,
)
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.screener import Need
from tests.makers import DAY, MINUTE, START, bar
from tests.view.screener.made import stored


def _closes(row: Row, count: int = CLOSES_KEPT) -> list[float]:
    return [close / 10**12 for close in row.closes(Period.M1, count)]


def test_a_row_holds_the_newest_bar_of_each_period() -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, "100"))
    row.take(bar(START, "100", close="102"))
    row.take(bar(START, "90", period=Period.M5))
    minute, five = row.bar(Period.M1), row.bar(Period.M5)
    assert minute is not None
    assert minute.close == parsing.price("102")
    assert five is not None
    assert five.close == parsing.price("90")
    assert row.last == parsing.price("102")


def test_an_older_bar_does_not_take_the_place_of_the_current_one() -> None:
    row = Row("BTCUSDT")
    row.take(bar(START + MINUTE, "100"))
    row.take(bar(START, "90"))
    assert row.last == parsing.price("100")


def test_a_bar_under_way_that_is_stored_as_far_as_its_minutes_does_not_take_the_place_of_the_current_one() -> None:
    market = Market()
    market.apply(FeedUpdate(Changes(current=(bar(period=Period.M5, volume="3", state=State.FORMING),))))
    market.apply(FeedUpdate(Changes(ended=(bar(period=Period.M5, volume="3", state=State.PARTIAL),))))
    shown = market.rows["BTCUSDT"].bar(Period.M5)
    assert shown is not None
    assert shown.state is State.FORMING
    market.apply(FeedUpdate(Changes(ended=(bar(period=Period.M5, volume="4", state=State.PARTIAL),))))
    shown = market.rows["BTCUSDT"].bar(Period.M5)
    assert shown is not None
    assert shown.state is State.PARTIAL


def test_the_last_price_is_that_of_the_shortest_period_there_is() -> None:
    row = Row("BTCUSDT")
    assert row.last is None
    row.take(bar(START, "90", period=Period.D1))
    assert row.last == parsing.price("90")


def test_every_change_of_a_row_is_another_version() -> None:
    market = Market()
    versions = []
    for close in ("100", "101", "102"):
        market.apply(FeedUpdate(Changes((bar(START, close=close), bar(START, close=close, period=Period.M5)))))
        versions.append(market.rows["BTCUSDT"].version)
    assert len(set(versions)) == 3


def test_closes_end_with_the_current_price_and_a_late_correction_finds_its_bar() -> None:
    row = Row("BTCUSDT")
    for index in range(4):
        row.take_closed(bar(START + index * MINUTE, str(10 + index)))
    row.take(bar(START + 4 * MINUTE, "20"))
    assert _closes(row) == [10, 11, 12, 13, 20]
    row.take_closed(bar(START + MINUTE, "99"))
    assert _closes(row) == [10, 99, 12, 13, 20]
    assert _closes(row, 2) == [13, 20]
    assert _closes(row, 1) == [20]


def test_a_current_bar_that_is_followed_by_another_joins_the_closes() -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, "1"))
    row.take(bar(START + MINUTE, "2"))
    assert _closes(row) == [1, 2]


def test_closes_do_not_grow_without_end_and_older_ones_come_in_front_only_while_there_is_room() -> None:
    row = Row("BTCUSDT")
    for index in range(5 * CLOSES_KEPT):
        row.take_closed(bar(START + index * MINUTE, str(index + 1)))
    assert _closes(row)[-1] == 5 * CLOSES_KEPT
    row.take_closed(bar(START - MINUTE, "7"))
    assert 7 not in _closes(row)
    assert len(_closes(row)) == CLOSES_KEPT


@pytest.mark.parametrize("close", ["1800000000", "0.000000000012", str(10**15)])
def test_a_close_of_any_size_is_drawn_as_high_as_it_is(close: str) -> None:
    row = Row("A")
    row.take_closed(bar(START, close=close))
    row.take(bar(START + MINUTE, close="2"))
    assert row.closes(Period.M1) == [float(parsing.price(close)), float(parsing.price("2"))]


def test_equal_closes_are_drawn_equally_high_however_many_digits_they_have() -> None:
    row = Row("A")
    row.take_closed(bar(START, close="61800.300000000001"))
    row.take(bar(START + MINUTE, close="61800.300000000001"))
    first, last = row.closes(Period.M1)
    assert first == last == row.closes(Period.M1, 1)[0]


def test_decimals_are_as_many_as_any_price_needed() -> None:
    market = Market()
    market.apply(FeedUpdate(Changes((bar(START, "100.5"),))))
    market.apply(FeedUpdate(Changes((bar(START, "100.5", close="100.125", high="101"),))))
    market.apply(FeedUpdate(Changes((bar(START, "100.5", close="100"),))))
    assert market.rows["BTCUSDT"].decimals == 3


def test_symbols_come_and_go() -> None:
    market = Market()
    assert market.apply(FeedUpdate(symbols_added=("A", "B"))) == {"A", "B"}
    assert market.apply(FeedUpdate(Changes((bar(symbol="C"),)), last_trade_ms={"C": START + 5, "Z": START})) == {"C"}
    market.apply(FeedUpdate(symbols_removed=("A", "never there")))
    assert list(market.rows) == ["B", "C"]
    assert market.rows["C"].last_trade_ms == market.newest_trade_ms == START + 5


def test_a_copy_stands_still() -> None:
    market = Market()
    market.apply(FeedUpdate(Changes((bar(START, close="100"),), (bar(START - MINUTE, close="90"),))))
    twin = market.copy()
    market.apply(FeedUpdate(Changes((bar(START, close="200"),), (bar(START - MINUTE, close="91"),))))
    assert _closes(twin.rows["BTCUSDT"]) == [90, 100]
    assert _closes(market.rows["BTCUSDT"]) == [91, 200]


def test_a_change_is_close_against_open_in_percent() -> None:
    assert change_percent(bar(START, "100", close="102")) == 2.0
    assert change_percent(bar(START, "0")) is None
    assert change_percent(None) is None


def test_takers_share_in_what_was_traded() -> None:
    assert taker_share(bar(volume="4", taker_buy_volume="1")) == 0.25
    assert taker_share(bar(volume="0")) is None
    assert taker_share(None) is None


def test_a_bar_is_stale_when_its_successor_is_overdue() -> None:
    assert not is_stale_bar(bar(START), START + MINUTE + 4_999)
    assert is_stale_bar(bar(START), START + MINUTE + 5_000)
    august = bar(START - 7 * DAY, period=Period.MO1)
    assert not is_stale_bar(august, START + 23 * DAY)
    assert is_stale_bar(august, START + 25 * DAY)


def test_the_state_of_a_closed_bar_is_kept() -> None:
    row = Row("BTCUSDT")
    row.take_closed(bar(START, state=State.CONFIRMED))
    kept = row.bar(Period.M1)
    assert kept is not None
    assert kept.state is State.CONFIRMED


def test_a_symbol_of_several_exchanges_is_parted_and_counted() -> None:
    market = Market()
    market.apply(FeedUpdate(symbols_added=("okx:BTC", "okx:ETH", "kraken:BTC/USD", "okx:BTC")))
    market.apply(FeedUpdate(Changes((bar(symbol="kraken:ETH/USD"),))))
    row = market.rows["kraken:BTC/USD"]
    assert (row.venue, row.title, row.qualified) == ("kraken", "BTC/USD", "kraken:BTC/USD")
    assert market.counts == {"okx": 2, "kraken": 2}
    assert market.has_venues
    market.apply(FeedUpdate(symbols_removed=("okx:BTC",)))
    assert market.copy().counts == {"okx": 1, "kraken": 2}


def test_what_a_listing_says_is_kept_redraws_the_row_and_is_copied() -> None:
    market = Market()
    market.apply(FeedUpdate(symbols_added=("BTCUSDT",)))
    before = market.rows["BTCUSDT"].version
    facts = InstrumentFacts("binance-um", "Binance", "BTCUSDT", "BTC", "USDT")
    assert market.apply(FeedUpdate(instruments={"BTCUSDT": facts, "gone": facts})) == {"BTCUSDT"}
    for row in (market.rows["BTCUSDT"], market.copy().rows["BTCUSDT"]):
        assert (row.venue, row.venue_name, row.base, row.quote, row.coin) == (
            "binance-um",
            "Binance",
            "BTC",
            "USDT",
            "btc",
        )
    assert market.rows["BTCUSDT"].version > before
    assert not market.has_venues, "one exchange is watched: its symbols go by their own names"


CHANGE_OF_5M = FigureCall("chg", (5,))


def test_a_row_has_the_figures_that_are_in_use_and_a_frozen_one_keeps_them() -> None:
    market = Market()
    market.screener.use([CHANGE_OF_5M])
    before = tuple(bar(START - at * MINUTE, "100") for at in range(4, -1, -1))
    market.apply(FeedUpdate(Changes((bar(START + MINUTE, "101"),), before), ("BTCUSDT",)))
    row = market.rows["BTCUSDT"]
    assert row.figure(CHANGE_OF_5M) == pytest.approx(1.0)
    assert row.coverage(CHANGE_OF_5M) == 1.0
    assert row.figure(FigureCall("chg", (6,))) is None
    frozen = market.copy().rows["BTCUSDT"]
    market.apply(FeedUpdate(Changes((bar(START + MINUTE, "110"),), ())))
    assert row.figure(CHANGE_OF_5M) == pytest.approx(10.0)
    assert frozen.figure(CHANGE_OF_5M) == pytest.approx(1.0)
    assert frozen.coverage(CHANGE_OF_5M) == 1.0
    alone = Row("BTCUSDT")
    assert (alone.figure(CHANGE_OF_5M), alone.coverage(CHANGE_OF_5M)) == (None, 0.0)
    assert alone.copy().figures is None


def test_stored_history_is_news_of_its_row() -> None:
    market = Market()
    market.screener.use([CHANGE_OF_5M])
    assert market.screener.needs() == []
    update = FeedUpdate(Changes((bar(START, "110"),), ()), ("BTCUSDT",), last_trade_ms={"BTCUSDT": START + 5})
    market.apply(update)
    row = market.rows["BTCUSDT"]
    version = row.version
    (need,) = market.screener.needs()
    assert need == Need("BTCUSDT", Period.M1, ("close",), START - 5 * MINUTE, START)
    assert not market.seed(need, stored([], need.fields))
    assert row.version == version
    assert market.seed(need, stored([bar(START - 5 * MINUTE, "100")], need.fields))
    assert row.version > version
    assert row.figure(CHANGE_OF_5M) == pytest.approx(10.0)


def test_what_is_stored_anew_is_asked_for_once() -> None:
    market = Market()
    market.screener.use([CHANGE_OF_5M])
    market.apply(FeedUpdate(Changes((bar(START, "110"),)), ("BTCUSDT",), last_trade_ms={"BTCUSDT": START + 5}))
    (first,) = market.screener.needs()
    market.seed(first, stored([], first.fields))
    assert market.screener.needs() == []
    stretches = tuple(
        StoredStretch(symbol, Period.M1, START - at * MINUTE, START - MINUTE)
        for symbol in ("BTCUSDT", "GONE")
        for at in (2, 3)
    )
    market.apply(FeedUpdate(stored=stretches))
    (need,) = market.screener.needs()
    assert need == Need("BTCUSDT", Period.M1, ("close",), START - 3 * MINUTE, START - MINUTE, is_anew=True)
    assert market.screener.needs() == []
    columns = BarColumns(
        array("q", [START - 3 * MINUTE]),
        array("B", [2]),
        array("B", [0]),
        array("d", [100.0]),
        *(array("d") for _ in range(7)),
    )
    assert market.seed(need, columns)
    assert market.rows["BTCUSDT"].coverage(CHANGE_OF_5M) == pytest.approx(3 / 5)
    assert market.rows["BTCUSDT"].figure(CHANGE_OF_5M) is None, "it would be that of three minutes"


def test_btc_is_known_by_the_listing_and_a_symbol_that_left_has_no_figures() -> None:
    together = FigureCall("corr", (5,))
    market = Market()
    market.screener.use([together])
    facts = {
        symbol: InstrumentFacts("binance-um", "Binance", symbol, symbol[:3], "USDT")
        for symbol in ("BTCUSDT", "ETHUSDT")
    }
    market.apply(FeedUpdate(Changes(), tuple(facts), instruments=facts))
    for at, price in enumerate(("100", "101", "99", "100", "103")):
        ended = tuple(bar(START + at * MINUTE, price, symbol=symbol) for symbol in facts)
        market.apply(FeedUpdate(Changes((), ended)))
    row = market.rows["ETHUSDT"]
    assert row.figure(together) == pytest.approx(1.0)
    market.apply(FeedUpdate(Changes(), (), ("BTCUSDT",)))
    assert row.figure(together) is None


def test_the_exchanges_word_of_a_day_is_news_of_the_rows_that_there_are() -> None:
    day = FigureCall("chg", (1440,))
    market = Market()
    market.screener.use([day])
    market.apply(FeedUpdate(Changes((bar(START, "110"),)), ("BTCUSDT",), last_trade_ms={"BTCUSDT": START}))
    version = market.rows["BTCUSDT"].version
    told = {"BTCUSDT": Ticker24h(START, open=100.0), "GONE": Ticker24h(START)}
    assert market.apply(FeedUpdate(tickers=told)) == {"BTCUSDT"}
    assert market.rows["BTCUSDT"].figure(day) == pytest.approx(10.0)
    assert market.rows["BTCUSDT"].version > version
