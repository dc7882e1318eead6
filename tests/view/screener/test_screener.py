"""Which figures are computed, and which history is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.view.screener.catalogue import FIGURES
from klagg_tui.view.screener.figure import FigureCall, parsed
from klagg_tui.view.screener.peers import Listed
from klagg_tui.view.screener.screener import Need, Screener
from tests.view.screener.made import CANDLE_LACKS, FIRST, MINUTE, Shape, current, minute_bar, stored
from tests.view.screener.plain import Plain

NAMES = ("ETHUSDT", "BTCUSDT", "BTCUSDC")


def calls(*texts: str) -> list[FigureCall]:
    return [parsed(text, DEFAULT_PERIODS) for text in texts]


class Market:
    def __init__(self, *texts: str, names: tuple[str, ...] = NAMES) -> None:
        self.bars: dict[str, list[Bar | None]] = {name: current() for name in names}
        self.screener = Screener(self.bars.__getitem__)
        self.screener.now_ms = FIRST * MINUTE + 1
        for name in names:
            self.screener.add(name)
            self.screener.learn(name, Listed("binance-um", name[:3], name[3:]))
        self.screener.use(calls(*texts))

    def ended(self, minute: int, name: str = "ETHUSDT", **shape: Any) -> None:
        bar = minute_bar(minute, Shape()._replace(**shape), symbol=name)
        self.bars[name][0] = bar
        self.screener.take([bar])

    def value(self, text: str, name: str = "ETHUSDT") -> float | None:
        return self.screener.add(name).value(calls(text)[0], self.bars[name])

    def coverage(self, text: str, name: str = "ETHUSDT") -> float:
        return self.screener.add(name).coverage(calls(text)[0], self.bars[name])


@pytest.mark.parametrize(
    "text", [figure.example for figure in FIGURES.values() if not figure.is_told and figure.key != "listed"]
)
def test_every_figure_is_known_after_history_enough(text: str) -> None:
    market = Market(text)
    assert market.value(text) is None
    for need in market.screener.needs():
        minutes = range(need.from_ms // MINUTE, need.to_ms // MINUTE, need.period.nominal_ms // MINUTE)
        bars = [
            minute_bar(
                minute, Shape(close=minute * 7 % 97, up=3, down=2, lots=minute % 5, bought=1), symbol=need.symbol
            )
            for minute in minutes
        ]
        market.screener.seed(need, stored(bars, need.fields))
        market.bars[need.symbol][0] = bars[-1]
    assert market.value(text) is not None
    assert market.coverage(text) == pytest.approx(1.0)


def test_nothing_is_kept_that_nobody_looks_at() -> None:
    market = Market()
    market.ended(FIRST)
    figures = market.screener.add("ETHUSDT")
    assert (figures.tape.end, figures.tape.size, figures.readings) == (0, 0, {})
    market.screener.use(calls("chg(5m)", "trades(10m)"))
    market.ended(FIRST)
    assert figures.tape.prices.keys() | figures.tape.sums.keys() == {"close", "trades"}
    assert market.value("vol(5m)") is None
    assert market.coverage("vol(5m)") == 0.0
    market.screener.use(calls("chg(5m)"))
    assert figures.tape.prices.keys() | figures.tape.sums.keys() == {"close"}
    assert market.value("trades(10m)") is None


def test_the_same_calls_are_no_news() -> None:
    market = Market("chg(5m)")
    assert not market.screener.use(calls("chg(5m)", "chg(5m)"))
    assert market.screener.use(calls("chg(5m)", "chg(6m)"))


def test_what_was_counted_stays_while_other_figures_come_and_go() -> None:
    market = Market("turnover(20m)")
    for place in range(30):
        market.ended(FIRST + place, close=place)
    before = market.value("turnover(20m)")
    market.screener.use(calls("turnover(20m)", "turnover(90m)", "high(5m)"))
    assert market.value("turnover(20m)") == before
    assert market.value("high(5m)") is None or market.value("high(5m)") == 10.29
    market.screener.use(calls("turnover(20m)"))
    assert market.value("turnover(20m)") == before


def test_history_is_asked_for_once_each_field_as_far_back_as_it_is_looked_at() -> None:
    market = Market("chg(7d)", "turnover(24h)", "high(24h)", "rsi(1h)", "natr(1h,5)", names=("ETHUSDT",))
    now = FIRST * MINUTE
    needs = market.screener.needs()
    assert needs == [
        Need("ETHUSDT", Period.M1, ("close",), now - 10080 * MINUTE, now),
        Need("ETHUSDT", Period.M1, ("high", "turnover"), now - 1440 * MINUTE, now),
        Need("ETHUSDT", Period.H1, ("close", "high", "low"), now - 140 * 60 * MINUTE, now),
    ]
    for need in needs:
        market.screener.seed(need, stored([], need.fields))
    market.screener.now_ms += 10 * MINUTE
    assert market.screener.needs() == []
    market.screener.use(calls("chg(7d)", "turnover(25h)"))
    (need,) = market.screener.needs()
    assert need.fields == ("turnover",)
    market.screener.use(calls("chg(7d)"))
    market.screener.use(calls("chg(7d)", "turnover(24h)"))
    assert [need.fields for need in market.screener.needs()] == [("turnover",)]


def test_before_the_markets_time_is_known_no_history_is_asked_for() -> None:
    market = Market("chg(24h)")
    market.screener.now_ms = 0
    assert market.screener.needs() == []


def test_of_a_stretch_that_is_stored_anew_only_what_is_looked_at_is_wanted() -> None:
    market = Market("chg(1h)", "turnover(10m)", "rsi(1h,2)")
    now = FIRST * MINUTE
    screener = market.screener
    assert screener.needs_in("ETHUSDT", Period.M1, 0, now) == [
        Need("ETHUSDT", Period.M1, ("close",), now - 60 * MINUTE + 1, now, is_anew=True),
        Need("ETHUSDT", Period.M1, ("turnover",), now - 10 * MINUTE + 1, now, is_anew=True),
    ]
    near = screener.needs_in("ETHUSDT", Period.M1, now - 5 * MINUTE, now - 3 * MINUTE)
    assert [(need.from_ms, need.to_ms, set(need.fields)) for need in near] == [
        (now - 5 * MINUTE, now - 3 * MINUTE, {"close", "turnover"})
    ]
    (hours,) = screener.needs_in("ETHUSDT", Period.H1, now - 120 * MINUTE, now)
    assert hours.fields == ("close",)
    assert screener.needs_in("ETHUSDT", Period.H4, 0, now) == []
    assert screener.needs_in("ETHUSDT", Period.M1, 0, now - 90 * MINUTE) == []
    assert screener.needs_in("NONE", Period.M1, 0, now) == []


def test_history_of_minutes_serves_an_indicator_on_minutes_too_where_it_has_the_fields() -> None:
    market = Market("chg(10m)", "rsi(1m,2)")
    bars = [minute_bar(FIRST - 10 + at, Shape(close=at % 3)) for at in range(10)]
    need = Need("ETHUSDT", Period.M1, ("close",), bars[0].open_ms, FIRST * MINUTE)
    assert market.screener.seed(need, stored(bars, need.fields))
    market.bars["ETHUSDT"][0] = bars[-1]
    assert market.value("rsi(1m,2)") is not None
    market.ended(FIRST, close=200)
    assert (market.value("rsi(1m,2)") or 0) > 90
    assert not market.screener.seed(need._replace(symbol="NONE"), stored(bars, need.fields))


def test_a_symbol_that_is_gone_is_forgotten_and_one_that_comes_begins_anew() -> None:
    market = Market("chg(5m)")
    market.ended(FIRST)
    market.screener.drop("ETHUSDT")
    market.screener.drop("ETHUSDT")
    market.screener.learn("ETHUSDT", Listed("binance-um", "ETH", "USDT"))
    market.ended(FIRST + 1)
    assert market.screener.add("ETHUSDT").tape.end == 0
    for minute in range(FIRST + 2, FIRST + 8):
        market.ended(minute)
    assert market.value("chg(5m)") == 0.0


def test_inverse_contracts_have_no_price_by_their_volume() -> None:
    market = Market("vwap(5m)", "turnover(5m)")
    for minute in range(FIRST - 3, FIRST + 1):
        market.ended(minute)
    assert market.value("vwap(5m)") == pytest.approx(10)
    market.screener.learn("ETHUSDT", Listed("binance-um", "ETH", "USDT"), is_inverse=True)
    assert market.value("vwap(5m)") is None
    assert market.value("turnover(5m)") is not None


def test_what_a_candle_lacks_is_unknown_not_zero() -> None:
    market = Market("turnover(5m)", "trades(5m)", "delta(5m)", "cvd(5m)", "vol(5m)", "speed")
    for place in range(6):
        market.ended(FIRST + place, evidence=CANDLE_LACKS.value)
    found = {text: market.value(text) for text in ("turnover(5m)", "trades(5m)", "delta(5m)", "cvd(5m)", "speed")}
    assert found == dict.fromkeys(found)
    assert market.coverage("turnover(5m)") == 1 / 5
    assert market.value("vol(5m)") == pytest.approx(0.004)
    market.ended(FIRST + 6, lots=2)
    assert market.value("turnover(5m)") is None, "two minutes of five, the one under way among them"
    market.ended(FIRST + 7)
    assert market.value("turnover(5m)") == pytest.approx(0.03)


def together(market: Market, minutes: range, name: str, step: int) -> None:
    for minute in minutes:
        market.ended(minute, name, close=minute * step % 11)


def test_a_symbol_is_held_against_the_btc_market_of_its_quote_that_trades_most() -> None:
    market = Market("corr(10m)", "beta(10m)")
    for name, step in (("ETHUSDT", 3), ("BTCUSDT", 3), ("BTCUSDC", 5)):
        together(market, range(FIRST, FIRST + 12), name, step)
    assert market.value("corr(10m)") == pytest.approx(1.0)
    assert market.value("beta(10m)") == pytest.approx(1.0)
    assert market.value("corr(10m)", "BTCUSDT") == pytest.approx(1.0)
    market.screener.learn("BTCUSDT", Listed("binance-um", "WBTC", "USDT"))
    market.screener.now_ms += 60 * MINUTE
    market.screener.take([])
    found = market.value("corr(10m)")
    assert found is not None
    assert found < 0.99
    market.screener.drop("BTCUSDC")
    assert market.value("corr(10m)") is None


def test_a_late_minute_of_btc_is_taken_in_by_those_held_against_it() -> None:
    market = Market("corr(10m)")
    together(market, range(FIRST, FIRST + 12), "BTCUSDT", 3)
    together(market, range(FIRST, FIRST + 12), "ETHUSDT", 3)
    assert market.value("corr(10m)") == pytest.approx(1.0)
    market.screener.take([minute_bar(FIRST + 6, Shape(close=250), symbol="BTCUSDT")])
    assert (market.value("corr(10m)") or 1.0) < 0.9
    market.screener.take([minute_bar(FIRST + 6, Shape(close=(FIRST + 6) * 3 % 11), symbol="BTCUSDT")])
    assert market.value("corr(10m)") == pytest.approx(1.0)


@pytest.mark.parametrize("theirs", ["behind", "beside", "ahead", "ahead by two", "gone"])
def test_the_minute_under_way_counts_where_both_have_it(theirs: str) -> None:
    market = Market("corr(10m)", "beta(10m)")
    known: dict[str, dict[int, Bar]] = {"BTCUSDT": {}, "ETHUSDT": {}}
    for name, step in (("BTCUSDT", 3), ("ETHUSDT", 7)):
        count = {"ahead": 13, "ahead by two": 14, "behind": 11}.get(theirs, 12) if name == "BTCUSDT" else 12
        for minute in range(FIRST, FIRST + count):
            known[name][minute] = minute_bar(minute, Shape(close=minute * step % 11), symbol=name)
            market.ended(minute, name, close=minute * step % 11)
        forming = minute_bar(FIRST + count, Shape(close=step * 9), symbol=name)
        market.bars[name][0] = None if name == "BTCUSDT" and theirs == "gone" else forming
    sides = {name: Plain(minutes, max(minutes) + 1, market.bars[name][0]) for name, minutes in known.items()}
    plain = Plain(known["ETHUSDT"], FIRST + 12, market.bars["ETHUSDT"][0], peer=sides["BTCUSDT"])
    assert market.value("corr(10m)") == pytest.approx(plain.value("corr", [10]))
    assert market.value("beta(10m)") == pytest.approx(plain.value("beta", [10]))
    known_now = theirs not in ("behind", "gone")
    closed = 8 if theirs == "behind" else 9
    assert market.coverage("corr(10m)") == pytest.approx((closed + known_now) / 10)


def test_two_returns_do_not_go_together_and_neither_do_still_prices() -> None:
    market = Market("corr(10m)", "beta(10m)")
    for name in ("BTCUSDT", "ETHUSDT"):
        together(market, range(FIRST, FIRST + 2), name, 3)
        market.bars[name][0] = minute_bar(FIRST + 2, Shape(close=9), symbol=name)
    assert market.value("corr(10m)") is None
    together(market, range(FIRST + 2, FIRST + 9), "BTCUSDT", 0)
    together(market, range(FIRST + 2, FIRST + 9), "ETHUSDT", 5)
    assert market.value("beta(10m)") is not None
    together(market, range(FIRST + 9, FIRST + 29), "BTCUSDT", 0)
    together(market, range(FIRST + 9, FIRST + 29), "ETHUSDT", 5)
    assert market.value("corr(10m)") is None
    assert market.value("beta(10m)") is None


def test_a_late_minute_long_after_the_other_went_on_begins_the_count_anew() -> None:
    market = Market("corr(10m)")
    together(market, range(FIRST, FIRST + 12), "BTCUSDT", 3)
    together(market, range(FIRST, FIRST + 12), "ETHUSDT", 3)
    assert market.value("corr(10m)") == pytest.approx(1.0)
    together(market, range(FIRST + 12, FIRST + 40), "BTCUSDT", 5)
    market.screener.take([minute_bar(FIRST + 10, Shape(close=250), symbol="ETHUSDT")])
    assert market.value("corr(10m)") is None
    together(market, range(FIRST + 12, FIRST + 40), "ETHUSDT", 5)
    assert market.value("corr(10m)") == pytest.approx(1.0)


def test_without_btc_at_the_exchange_nothing_goes_with_it() -> None:
    market = Market("corr(10m)", "beta(10m)", names=("ETHUSDT",))
    together(market, range(FIRST, FIRST + 12), "ETHUSDT", 3)
    assert market.value("corr(10m)") is None
    assert market.coverage("beta(10m)") == 0.0


def test_the_speed_counts_the_last_sixty_seconds_wherever_the_minute_stands() -> None:
    market = Market("speed")
    for place in range(60):
        market.ended(FIRST + place, trades=10)
    market.bars["ETHUSDT"][0] = minute_bar(FIRST + 60, Shape(trades=20))
    for second, expected in ((0, 3.0), (30, 2.5), (60, 2.0), (90, 2.0)):
        market.screener.now_ms = (FIRST + 60) * MINUTE + second * 1_000
        assert market.value("speed") == pytest.approx(expected)


def test_what_the_store_does_not_have_any_more_is_unknown_but_for_the_newest_minutes() -> None:
    market = Market("trades(30m)", "chg(30m)", "rsi(1m,3)", "natr(1m,2)")
    for place in range(30):
        market.ended(FIRST + place, close=place, is_partial=place == 12)
    market.screener.now_ms = (FIRST + 30) * MINUTE
    assert market.value("trades(30m)") == 29.0
    assert market.coverage("trades(30m)") == pytest.approx(29 / 30)
    (need,) = market.screener.needs_in("ETHUSDT", Period.M1, (FIRST + 10) * MINUTE, (FIRST + 20) * MINUTE)
    kept = [minute_bar(FIRST + place, Shape(close=place)) for place in (11, 12)]
    assert market.screener.seed(need, stored(kept, need.fields))
    assert market.value("trades(30m)") == 21.0
    assert market.coverage("trades(30m)") == pytest.approx(22 / 30)
    assert len(market.screener.add("ETHUSDT").series[Period.M1].opens) == 22
    (rest,) = market.screener.needs_in("ETHUSDT", Period.M1, 0, (FIRST + 30) * MINUTE)
    assert market.screener.seed(rest, stored([], need.fields))
    assert market.value("trades(30m)") is None
    assert market.coverage("trades(30m)") == pytest.approx(6 / 30)
    assert len(market.screener.add("ETHUSDT").series[Period.M1].opens) == 5
    assert market.value("chg(30m)") is None, "it would be that of five minutes"


def test_minutes_of_a_field_that_was_not_read_stay_when_another_is_taken_back() -> None:
    market = Market("trades(30m)", "vol(30m)")
    for place in range(30):
        market.ended(FIRST + place)
    need = Need("ETHUSDT", Period.M1, ("trade_count",), 0, (FIRST + 30) * MINUTE, is_anew=True)
    market.screener.seed(need, stored([], need.fields))
    assert market.coverage("trades(30m)") == pytest.approx(6 / 30)
    assert market.value("vol(30m)") == pytest.approx(0.029)
