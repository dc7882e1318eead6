"""The simulated exchange's klines: equal to a second count of the trades, in every period, at every moment."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import exact, parsing
from klagg_tui.engine.bar import Bar, State, merge
from klagg_tui.engine.period import Period
from klagg_tui.simulator.market.calendar import INTERVALS, MINUTE_MS, ended, opened
from klagg_tui.simulator.market.candles import Candles
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Kline, Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.spans import ascending_spans, latest_spans
from klagg_tui.simulator.market.truth import Truth

SPEC = MarketSpec(symbols=12, seed=3, activity=0.5, history_days=40, straddle_every=20)
START = SPEC.start_ms // MINUTE_MS
NOW_MS = SPEC.start_ms + 7 * 3_600_000 + 30_000
SYMBOLS = ("BTCUSDT", "1000SATSUSDT", "YFIUSDT")


def latest(klines: Klines, symbol: str, interval: str, last: int, count: int, now_ms: int) -> list[Kline]:
    spans = latest_spans(klines._market.lives[symbol], interval, last, count, now_ms)
    return [klines.kline(symbol, *span, now_ms) for span in spans]


def ascending(klines: Klines, symbol: str, interval: str, first: int, last: int, now_ms: int) -> Iterator[Kline]:
    for span in ascending_spans(klines._market.lives[symbol], interval, first, last, now_ms):
        yield klines.kline(symbol, *span, now_ms)


def _bar(market: Market, symbol: str, period: Period, kline: Kline) -> Bar:
    listing = market.listing(symbol)
    sums = kline.sums
    price = 10 ** (12 - listing.price_unit_decimals)
    quantity = 10 ** (8 - listing.quantity_decimals)
    return Bar(
        symbol,
        period,
        kline.open_minute * MINUTE_MS,
        sums.open * price,
        sums.high * price,
        sums.low * price,
        sums.close * price,
        sums.volume * quantity,
        sums.turnover * price * quantity,
        sums.trade_count,
        sums.taker_buy_volume * quantity,
        sums.taker_buy_turnover * price * quantity,
        State.CONFIRMED,
    )


@pytest.fixture(scope="module")
def market() -> Market:
    """One for all tests that let nothing happen to it."""
    return Market(SPEC)


@pytest.fixture(scope="module")
def klines(market: Market) -> Klines:
    return Klines(market)


@pytest.fixture(scope="module")
def truth(market: Market) -> Truth:
    return Truth(market, lambda: NOW_MS)


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("period", Period)
def test_klines_equal_the_truth_in_every_period(
    market: Market, klines: Klines, truth: Truth, symbol: str, period: Period
) -> None:
    now = NOW_MS // MINUTE_MS
    found = latest(klines, symbol, period.value, now, 300, NOW_MS)
    over = [kline for kline in found if kline.end_minute <= now]
    bars = truth.bars(symbol, period, found[0].open_minute * MINUTE_MS, NOW_MS)
    assert [_bar(market, symbol, period, kline) for kline in over] == list(bars)


@pytest.mark.parametrize("period", list(Period)[1:12])
def test_truth_of_large_bars_is_the_roll_up_of_minutes(market: Market, truth: Truth, period: Period) -> None:
    anchor = market.listing("ETHUSDT").three_day_anchor
    begin_ms = SPEC.start_ms - 43_200_000
    minutes = truth.bars("ETHUSDT", Period.M1, begin_ms, NOW_MS)
    rolled: dict[int, Bar] = {}
    for minute in minutes:
        open_ms = period.open_ms(minute.open_ms, anchor)
        rolled[open_ms] = merge(rolled[open_ms], minute) if open_ms in rolled else minute
    for bar in truth.bars("ETHUSDT", period, begin_ms, NOW_MS):
        assert rolled[bar.open_ms][3:12] == bar[3:12]


@given(minute=st.integers(25_000_000, 33_000_000), anchor=st.integers(0, 2), period=st.sampled_from(Period))
def test_both_grids_agree(minute: int, anchor: int, period: Period) -> None:
    open_minute = opened(period.value, minute, anchor)
    assert open_minute * MINUTE_MS == period.open_ms(minute * MINUTE_MS, anchor)
    assert ended(period.value, open_minute) * MINUTE_MS == period.end_ms(open_minute * MINUTE_MS)


def test_the_exchange_knows_exactly_our_periods() -> None:
    assert [period.value for period in Period] == list(INTERVALS)


def test_klines_have_no_holes_and_empty_minutes_are_flat_at_the_close_before(klines: Klines) -> None:
    found = latest(klines, "ADAUSDT", "1m", NOW_MS // MINUTE_MS, 400, NOW_MS)
    assert [kline.open_minute for kline in found] == list(range(found[0].open_minute, found[0].open_minute + 400))
    empty = [(before, kline) for before, kline in pairwise(found) if not kline.sums.volume]
    assert empty
    for before, kline in empty:
        assert kline.sums == (before.sums.close,) * 4 + (0,) * 5


def test_the_first_kline_is_that_of_the_listing(market: Market, klines: Klines) -> None:
    listing = market.listing("ADAUSDT")
    for interval in INTERVALS:
        first = next(ascending(klines, "ADAUSDT", interval, 0, NOW_MS // MINUTE_MS, NOW_MS))
        assert first.open_minute == opened(interval, listing.listed_minute, listing.three_day_anchor)
        assert first.sums.volume


def test_the_forming_kline_holds_what_is_published_and_nothing_more(market: Market, klines: Klines) -> None:
    trades = market.trades("BTCUSDT", START)
    middle = trades[len(trades) // 2]
    (forming,) = latest(klines, "BTCUSDT", "1m", START, 1, middle.event_ms)
    seen = [trade for trade in trades if trade.event_ms <= middle.event_ms]
    assert forming.sums.volume == sum(trade.quantity for trade in seen)
    assert forming.sums.close == seen[-1].price


def test_a_straddling_trade_makes_two_klines_differ_from_its_trades() -> None:
    market = Market(MarketSpec(symbols=5, activity=2, straddle_every=0))
    klines, minute = Klines(market), START + 5
    now_ms = (minute + 10) * MINUTE_MS
    plain = list(ascending(klines, "BTCUSDT", "1m", minute, minute + 1, now_ms))
    assert market.straddle("BTCUSDT", minute)
    first, second = ascending(Klines(market), "BTCUSDT", "1m", minute, minute + 1, now_ms)
    trades = market.trades("BTCUSDT", minute)
    carry = market.carried("BTCUSDT", minute + 1)
    assert carry is not None
    assert trades[-1].traded_ms >= (minute + 1) * MINUTE_MS - 100
    assert first.sums.volume == sum(trade.quantity for trade in trades) - carry.quantity
    assert second.sums.volume == plain[1].sums.volume + carry.quantity
    assert second.sums.open == trades[-1].price
    assert second.sums.trade_count == plain[1].sums.trade_count + carry.fills


def test_straddles_come_by_themselves_about_as_often_as_asked() -> None:
    market = Market(MarketSpec(symbols=5, activity=50, straddle_every=100))
    straddled = sum(market.carried("BTCUSDT", START + i) is not None for i in range(3000))
    assert 10 < straddled < 70


def test_a_delisted_symbol_has_no_klines_after_its_end() -> None:
    market = Market(SPEC)
    market.delist("SOLUSDT", START + 90)
    klines = Klines(market)
    assert latest(klines, "SOLUSDT", "1m", NOW_MS // MINUTE_MS, 1, NOW_MS)[0].open_minute == START + 89
    assert latest(klines, "SOLUSDT", "1h", NOW_MS // MINUTE_MS, 1, NOW_MS)[0].open_minute == START + 60
    bars = Truth(market, lambda: NOW_MS).bars("SOLUSDT", Period.M1, SPEC.start_ms, NOW_MS)
    assert len(bars) == 90


def test_truth_is_exact_in_decimals(market: Market, truth: Truth) -> None:
    bars = truth.bars("YFIUSDT", Period.H1, SPEC.start_ms, NOW_MS)
    unit = Decimal(1).scaleb(-8)
    rows = partial(market.trades, "YFIUSDT")
    volume = sum(trade.quantity for minute in range(START, START + 7 * 60) for trade in rows(minute)) * unit
    assert sum(exact.quantity_as_decimal(bar.volume) for bar in bars) + _last_carry(market) == volume


def _last_carry(market: Market) -> Decimal:
    """What a straddle puts from before the window into it, less what it takes out at the end."""
    begin, end = market.carried("YFIUSDT", START), market.carried("YFIUSDT", START + 7 * 60)
    units = (end.quantity if end else 0) - (begin.quantity if begin else 0)
    return Decimal(units).scaleb(-8)


def relisted() -> Market:
    """SOLUSDT ends 90 minutes after the start, and another contract of that name begins 40 minutes later."""
    market = Market(SPEC)
    market.delist("SOLUSDT", START + 90)
    market.list_again("SOLUSDT", START + 130)
    return market


@pytest.mark.parametrize("interval", ["1m", "5m", "1h", "1d"])
def test_klines_of_two_contracts_of_one_name_are_those_of_both(interval: str) -> None:
    market = relisted()
    klines, period = Klines(market), Period(interval)
    spans = list(ascending_spans(market.lives["SOLUSDT"], interval, START, START + 500, NOW_MS))
    assert spans == latest_spans(market.lives["SOLUSDT"], interval, START + 500, len(spans), NOW_MS)
    truth = Truth(market, lambda: NOW_MS).bars("SOLUSDT", period, SPEC.start_ms, NOW_MS)
    over = [klines.kline("SOLUSDT", *span, NOW_MS) for span in spans if span.end_minute * MINUTE_MS <= NOW_MS]
    assert [_bar(market, "SOLUSDT", period, kline) for kline in over] == list(truth)


@pytest.mark.parametrize("interval", ["5m", "30m", "1h", "1d", "1w"])
def test_no_decimal_is_lost_where_another_contract_of_the_name_shows_fewer(interval: str) -> None:
    market, period = Market(SPEC), Period(interval)
    market.change_tick("SOLUSDT", START + 20)
    market.delist("SOLUSDT", START + 91)
    market.list_again("SOLUSDT", START + 93)
    # The bars that hold the other tick, the end and the new beginning.
    from_ms, now_ms = period.open_ms(SPEC.start_ms), period.end_ms(period.open_ms(SPEC.start_ms + 95 * MINUTE_MS))
    candles = Candles(market, Klines(market))
    truth = Truth(market, lambda: now_ms).bars("SOLUSDT", period, from_ms, now_ms)
    assert truth
    told = [candles.of("SOLUSDT", interval, bar.open_ms // MINUTE_MS, now_ms).text for bar in truth]
    assert [tuple(map(parsing.price, text[:4])) for text in told] == [bar[3:7] for bar in truth]
    assert [parsing.turnover(text.turnover) for text in told] == [bar.turnover for bar in truth]


def test_a_contract_that_took_over_a_name_has_ids_from_1_and_other_trades_while_the_one_before_keeps_its_own() -> None:
    market, before = relisted(), Market(SPEC)
    assert market.first_id("SOLUSDT", START + 130) == 1
    assert market.trades("SOLUSDT", START + 89) == before.trades("SOLUSDT", START + 89)
    assert market.anonymous("SOLUSDT", START + 130) != before.anonymous("SOLUSDT", START + 130)
    assert [market.count("SOLUSDT", START + minute) for minute in range(90, 130)] == [0] * 40
    assert [market.status("SOLUSDT", START + minute) for minute in (89, 90, 129, 130)] == [
        "TRADING", "SETTLING", "SETTLING", "TRADING",
    ]  # fmt: skip
    assert market.minute_of("SOLUSDT", 1, START, START + 300) == START + 130
