"""Figures over a day, in the exchange's words until our own minutes cover it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from klagg_tui.engine.columns import COLUMN_FIELDS
from klagg_tui.engine.period import Period
from klagg_tui.view.screener.day import FROM_DAY
from klagg_tui.view.screener.figure import WHOLE, FigureCall
from klagg_tui.view.screener.screener import Need, Screener
from tests.view.screener.made import FIRST, MINUTE, Shape, current, minute_bar, stored

HOUR_MS = 60 * MINUTE
CALLS = [FigureCall(key, (1440,)) for key in FROM_DAY]


class Ticker(NamedTuple):
    at_ms: int = FIRST * MINUTE
    last: float | None = None
    open: float | None = 8.0
    high: float | None = 12.0
    low: float | None = 7.5
    volume: float | None = 100.0
    turnover: float | None = 900.0
    trade_count: float | None = 77.0


class Market:
    def __init__(self) -> None:
        self.bars = current()
        self.screener = Screener(lambda _symbol: self.bars)
        self.screener.now_ms = FIRST * MINUTE
        self.figures = self.screener.add("ETHUSDT")
        self.screener.use([*CALLS, FigureCall("chg", (5,))])
        self.ended(FIRST)

    def ended(self, minute: int) -> None:
        bar = self.bars[0] = minute_bar(minute, Shape())
        self.screener.take([bar])

    def values(self) -> dict[str, float | None]:
        return {call.key: self.figures.value(call, self.bars) for call in CALLS}

    def seed(self, count: int) -> None:
        bars = [minute_bar(FIRST - count + at, Shape(close=-500)) for at in range(count)]
        assert self.screener.seed(
            Need("ETHUSDT", Period.M1, COLUMN_FIELDS, bars[0].open_ms, FIRST * MINUTE), stored(bars)
        )


def test_a_day_is_what_the_exchange_says_and_the_newest_price_is_ours() -> None:
    market = Market()
    market.screener.note_day("ETHUSDT", Ticker())
    market.screener.note_day("NONE", Ticker())
    assert market.values() == {
        "chg": pytest.approx(25.0),
        "turnover": 900.0,
        "vol": 100.0,
        "trades": 77.0,
        "high": 12.0,
        "low": 7.5,
        "range": pytest.approx(60.0),
        "from_high": pytest.approx(-100 / 6),
        "from_low": pytest.approx(100 / 3),
        "vwap": 9.0,
    }
    assert all(market.figures.coverage(call, market.bars) < WHOLE for call in CALLS)
    assert market.figures.value(FigureCall("chg", (5,)), market.bars) is None


def test_a_price_beyond_the_days_extremes_is_the_newer_one() -> None:
    market = Market()
    market.screener.note_day("ETHUSDT", Ticker(high=9.0, low=11.0))
    values = market.values()
    assert (values["high"], values["low"], values["from_high"], values["from_low"]) == (10.0, 10.0, 0.0, 0.0)


def test_our_own_minutes_take_its_place_once_they_cover_the_day() -> None:
    market = Market()
    own = market.values()
    market.screener.note_day("ETHUSDT", Ticker())
    assert market.values() != own
    market.seed(1439)
    values = market.values()
    assert values["chg"] == pytest.approx(100.0)
    assert values["low"] == 5.0
    assert values["trades"] == 1439.0
    assert market.figures.coverage(CALLS[0], market.bars) >= WHOLE


@pytest.mark.parametrize(
    "told",
    [None, Ticker(open=None, high=None, low=None, volume=None, turnover=None, trade_count=None), Ticker(at_ms=0)],
)
def test_what_is_not_told_or_told_long_ago_is_ours_as_far_as_it_goes(told: Ticker | None) -> None:
    market = Market()
    own = market.values()
    if told is not None:
        market.screener.note_day("ETHUSDT", told)
    assert market.values() == own
    assert own["trades"] is None, "a minute is no day"


def test_a_day_grows_out_of_date_and_a_minute_does_not_make_it_ours() -> None:
    market = Market()
    market.screener.note_day("ETHUSDT", Ticker())
    market.ended(FIRST + 1)
    assert market.values()["trades"] == 77.0
    market.screener.now_ms += HOUR_MS + 1
    assert market.values()["trades"] is None


def last_told(market: Market) -> float | None:
    return market.figures.told_last


def test_before_a_trade_was_seen_a_day_says_what_needs_no_price_and_with_its_own_the_rest() -> None:
    market = Market()
    market.bars[0] = None
    market.screener.note_day("ETHUSDT", Ticker())
    bare = market.values()
    assert (bare["turnover"], bare["high"], bare["low"], bare["vwap"]) == (900.0, 12.0, 7.5, 9.0)
    assert bare["range"] == pytest.approx(60.0)
    assert bare["from_high"] is None
    assert last_told(market) is None
    market.screener.note_day("ETHUSDT", Ticker(last=10.0))
    assert last_told(market) == 10.0
    values = market.values()
    assert values["chg"] == pytest.approx(25.0)
    assert values["from_high"] == pytest.approx(-100 / 6)
    market.screener.now_ms += HOUR_MS + 1
    assert last_told(market) is None
