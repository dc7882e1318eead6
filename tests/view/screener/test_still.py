"""Figures of a market that stands still: kept where they were in use, otherwise made as of that moment when they are asked for."""

from __future__ import annotations

import asyncio

import pytest

from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.view.model import Market
from klagg_tui.view.screener.figure import FIGURES, FigureCall, parsed
from klagg_tui.view.screener.screener import Screener
from tests.made_market import MadeMarket

EXAMPLES = [parsed(figure.example, DEFAULT_PERIODS) for figure in FIGURES.values()]
SHORT = [
    parsed(text, DEFAULT_PERIODS)
    for text in ("chg(5m)", "turnover(7m)", "range(10m)", "from_low(20m)", "rvol(3m,5)", "volatility(30m)", "corr(30m)", "beta(20m)",
                 "rsi(5m,3)", "natr(1m,5)", "bb(1m)", "cvd(15m)", "vwap(9m)", "oi(15m)", "liq_long(30m)")
]  # fmt: skip
PRICES = {"BTCUSDT": 64_250.5, "ETHUSDT": 3_300.25, "DOGEUSDT": 0.10234}


def made(*lists: list[FigureCall], minutes: int = 95) -> tuple[MadeMarket, list[Market]]:
    """A feed, and a market that takes all of it for each list of figures in use."""
    feed = MadeMarket(minutes=0, prices=PRICES)
    feed.instruments = {name: InstrumentFacts("binance-um", "", name, name[:-4], "USDT") for name in PRICES}
    markets = [Market() for _ in lists]
    for market, calls in zip(markets, lists, strict=True):
        market.screener.use(calls)
    for minute in range(minutes):
        feed.play(20, MINUTE_MS)
        take(feed, markets)
        at_ms = feed.now_ms - MINUTE_MS
        told = DerivativeMinute("ETHUSDT", at_ms, mark_price=3 * 10**15, open_interest=(500 + minute) * 10**8,
                                long_turnover=minute * 10**20, long_count=minute)  # fmt: skip
        for market in markets:
            market.apply(FeedUpdate(derivatives=(told,), tickers={"ETHUSDT": Ticker24h(at_ms, 3_200.0, 3_100.0)}))
    feed.play(7, 20_000)  # into a minute that is under way
    take(feed, markets)
    return feed, markets


def take(feed: MadeMarket, markets: list[Market]) -> None:
    update = feed.take_changes() or FeedUpdate()
    for market in markets:
        market.apply(update)


def read(feed: MadeMarket, market: Market) -> None:
    """All the history that is wanted, as it is stored by now."""
    for need in market.screener.needs():
        found = asyncio.run(feed.columns([need.symbol], need.period, need.from_ms, need.fields))
        if need.symbol in found:
            market.seed(need, found[need.symbol])


def values(market: Market, calls: list[FigureCall]) -> dict[tuple[str, str], tuple[float | None, float]]:
    return {
        (row.symbol, str(call)): (row.figure(call), row.coverage(call))
        for row in market.rows.values()
        for call in calls
    }


@pytest.mark.parametrize("calls", [EXAMPLES, SHORT], ids=["examples", "short windows"])
def test_what_is_asked_for_after_the_freeze_is_what_it_was_then(calls: list[FigureCall]) -> None:
    feed, (live, other) = made(calls, [FigureCall("high", (9,))])
    still = other.copy()
    before = values(live, calls)
    assert sum(value is not None for value, _ in before.values()) > 2 * len(calls) - 15
    feed.play(400, 6 * MINUTE_MS)
    take(feed, [live, other])
    still.screener.use(calls)
    read(feed, still)
    after = values(still, calls)
    for key, (value, coverage) in before.items():
        found, known = after[key]
        # An average that was carried on for long remembers a little of what was before that.
        near = 1e-3 if key[1].startswith(("natr", "rsi", "ema", "macd")) else 1e-9
        assert found == (value if value is None else pytest.approx(value, rel=near)), key
        assert known == pytest.approx(coverage), key
    assert values(live, calls) != before, "the live market went on"
    assert not still.screener.needs(), "nothing is asked for twice"


def test_what_was_on_view_stands_still_and_is_not_computed_again() -> None:
    feed, (live,) = made(SHORT)
    still, before = live.copy(), values(live, SHORT)
    looked = {key: still.rows[key[0]].figures for key in before}
    feed.play(300, 3 * MINUTE_MS)
    take(feed, [live])
    assert values(still, SHORT) == before
    still.screener.use(SHORT)
    assert not still.screener.calls
    assert not still.screener.needs()
    assert values(still, SHORT) == before
    for (_, text), figures in looked.items():
        call = parsed(text, DEFAULT_PERIODS)
        assert figures is not None
        assert figures.look(call, [])[0] == figures.value(call, [])
    assert live.rows["ETHUSDT"].figure(SHORT[1]) != still.rows["ETHUSDT"].figure(SHORT[1])


def test_what_is_told_beside_trades_stands_still_too() -> None:
    _, (live,) = made([])
    still = live.copy()
    call = parsed("open_interest", DEFAULT_PERIODS)
    for market in (live, still):
        market.screener.use([call])
    told = DerivativeMinute("ETHUSDT", still.screener.now_ms // MINUTE_MS * MINUTE_MS, open_interest=7 * 10**8)
    before = still.rows["ETHUSDT"].figure(call)
    live.apply(FeedUpdate(derivatives=(told,)))
    assert (live.rows["ETHUSDT"].figure(call), still.rows["ETHUSDT"].figure(call)) == (7.0, before)
    assert before == 594.0


def test_a_figure_that_was_chosen_just_before_and_known_of_nobody_is_made_later() -> None:
    feed, (live,) = made([])
    call = parsed("high(20m)", DEFAULT_PERIODS)
    far = parsed("rsi(1h)", DEFAULT_PERIODS)
    live.screener.use([call, far])
    for row in live.rows.values():
        row.bars = [None] * len(row.bars)
    still = live.copy()
    assert still.rows["ETHUSDT"].figure(call) is None
    still.screener.use([call])
    assert still.screener.calls == {call}
    read(feed, still)
    assert still.rows["ETHUSDT"].figure(call)


def test_a_market_that_stands_still_is_a_screener_like_another() -> None:
    _, (live,) = made(SHORT)
    still = live.copy().screener
    assert isinstance(still, Screener)
    assert still.now_ms == live.screener.now_ms
    assert {figures.symbol for figures in still.followed} == set(PRICES)
