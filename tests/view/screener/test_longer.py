"""Windows that minutes do not reach to the beginning of, made of stored hours and days."""

from __future__ import annotations

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.columns import COLUMN_FIELDS
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.view.screener.figure import WHOLE, parsed
from klagg_tui.view.screener.longer import ladder
from klagg_tui.view.screener.screener import Need, Screener
from tests.view.screener.made import CANDLE_LACKS, FIRST, MINUTE, Shape, current, minute_bar, stored

DAYS = 9
HOUR, DAY = 60, 1440
WINDOWS = ["chg", "turnover", "vol", "trades", "high", "low", "range", "from_high", "from_low", "delta", "cvd", "vwap"]


def shape_at(minute: int) -> Shape:
    return Shape(close=minute // 7 % 500, up=minute % 5, down=minute % 3, lots=1 + minute % 4, bought=minute % 3)


def bar_of(period: Period, first: int, end: int) -> Bar:
    """The bar of those minutes, opened where its period's grid has it."""
    step = period.nominal_ms // MINUTE
    bars = [minute_bar(minute, shape_at(minute)) for minute in range(first // step * step, end)]
    return bars[-1]._replace(
        period=period,
        open_ms=first // step * step * MINUTE,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        volume=sum(bar.volume for bar in bars),
        turnover=sum(bar.turnover for bar in bars),
        trade_count=sum(bar.trade_count for bar in bars),
        taker_buy_volume=sum(bar.taker_buy_volume for bar in bars),
        taker_buy_turnover=sum(bar.taker_buy_turnover for bar in bars),
    )


class Market:
    """One symbol at a minute `now`: which minutes, hours and days are stored is told by how far back they reach."""

    def __init__(
        self,
        texts: list[str],
        now: int,
        *,
        minutes: int,
        hours: int = 0,
        days: int = 0,
        kept: tuple[Period, ...] = DEFAULT_PERIODS,
        hour_state: State = State.CLOSED,
        lacks: int = 0,
    ) -> None:
        forming = minute_bar(now, shape_at(now))
        self.now = now
        hour = bar_of(Period.H1, now, now + 1)._replace(state=hour_state)
        self.bars = current(forming, hour, bar_of(Period.D1, now, now + 1))
        self.screener = Screener(lambda _symbol: self.bars)
        self.screener.now_ms = now * MINUTE + 30_000
        self.figures = self.screener.add("ETHUSDT")
        self.calls = [parsed(text, DEFAULT_PERIODS) for text in texts]
        self.screener.use(self.calls, kept)
        known = {
            Period.M1: range(now - minutes, now),
            Period.H1: range((now // HOUR - hours) * HOUR, now // HOUR * HOUR, HOUR),
            Period.D1: range((now // DAY - days) * DAY, now // DAY * DAY, DAY),
        }
        for need in self.screener.needs():
            step = need.period.nominal_ms // MINUTE
            opens = [at for at in known[need.period] if need.from_ms <= at * MINUTE < need.to_ms]
            bars = [bar_of(need.period, at, at + step)._replace(evidence=lacks) for at in opens]
            self.screener.seed(need, stored(bars, need.fields))

    def values(self) -> dict[str, float | None]:
        return {str(call): self.figures.value(call, self.bars) for call in self.calls}

    def coverages(self) -> dict[str, float]:
        return {str(call): self.figures.coverage(call, self.bars) for call in self.calls}


def texts_of(window: str) -> list[str]:
    return [f"{name}({window})" for name in WINDOWS]


def test_the_bars_that_stand_in_are_days_and_what_is_next_to_hours() -> None:
    assert ladder(DEFAULT_PERIODS) == (Period.D1, Period.H1)
    assert ladder((Period.M1, Period.M5, Period.M30, Period.W1)) == (Period.M30,)
    assert ladder((Period.M1, Period.M5)) == ()
    assert ladder((Period.M1, Period.D1)) == (Period.D1,)


@pytest.mark.parametrize("minutes", [0, 3, 30, 200, 2_000])
def test_a_window_that_begins_with_a_stored_bar_is_exact_however_few_minutes_there_are(minutes: int) -> None:
    now = FIRST + 5 * HOUR - 1  # the window of seven days begins with an hour
    whole = Market(texts_of("7d"), now, minutes=8 * DAY)
    few = Market(texts_of("7d"), now, minutes=minutes, hours=DAYS * 24, days=DAYS)
    expected = whole.values()
    assert None not in expected.values()
    assert few.values() == pytest.approx(expected)
    assert set(few.coverages().values()) == {1.0}


def test_a_change_over_seven_days_is_not_that_of_the_minutes_there_are() -> None:
    now = FIRST + 5 * HOUR + 17
    exact = Market(["chg(7d)"], now, minutes=8 * DAY).values()["chg(7d)"]
    few = Market(["chg(7d)"], now, minutes=300, hours=DAYS * 24, days=DAYS)
    nothing_longer = Market(["chg(7d)"], now, minutes=300)
    found = few.values()["chg(7d)"]
    assert exact is not None
    assert found is not None
    last = (1_000 + shape_at(now).close) / 100
    edge = (1_000 + shape_at(now // HOUR * HOUR - 7 * DAY - 1).close) / 100
    assert found == pytest.approx((last / edge - 1) * 100), "the close of the hour nearest to the window's beginning"
    assert few.coverages()["chg(7d)"] < WHOLE
    assert nothing_longer.values()["chg(7d)"] is None


def test_a_window_that_begins_within_an_hour_takes_its_part_of_it_and_is_marked() -> None:
    now = FIRST + 5 * HOUR + 17
    exact = Market(texts_of("7d"), now, minutes=8 * DAY).values()
    few = Market(texts_of("7d"), now, minutes=300, hours=DAYS * 24, days=DAYS)
    for text, value in few.values().items():
        assert value == pytest.approx(exact[text], rel=0.02, abs=2.0), text
    assert all(0.9 < part < WHOLE for part in few.coverages().values())


def test_days_alone_serve_where_no_hours_are_kept() -> None:
    now = FIRST + 5 * HOUR + 17
    kept = (Period.M1, Period.D1)
    exact = Market(["turnover(7d)", "high(7d)"], now, minutes=8 * DAY).values()
    few = Market(["turnover(7d)", "high(7d)"], now, minutes=300, days=DAYS, kept=kept)
    assert few.values() == pytest.approx(exact, rel=0.05)
    assert all(part < WHOLE for part in few.coverages().values())


def test_an_hour_under_way_that_lacks_trades_stands_for_nothing() -> None:
    now = FIRST + 5 * HOUR + 17
    whole = Market(["trades(24h)"], now, minutes=3, hours=48, days=3)
    lacking = Market(["trades(24h)"], now, minutes=3, hours=48, days=3, hour_state=State.PARTIAL)
    lost = (whole.values()["trades(24h)"] or 0) - (lacking.values()["trades(24h)"] or 0)
    assert lost == 14, "what the minutes do not tell of the hour"


def test_minutes_that_are_stored_later_take_the_place_of_hours() -> None:
    now = FIRST + 5 * HOUR + 17
    market = Market(["turnover(24h)"], now, minutes=3, hours=48, days=3)
    bars = [minute_bar(minute, shape_at(minute)) for minute in range(now - DAY, now)]
    assert market.coverages()["turnover(24h)"] < WHOLE
    market.screener.seed(Need("ETHUSDT", Period.M1, COLUMN_FIELDS, bars[0].open_ms, now * MINUTE), stored(bars))
    assert market.values() == pytest.approx(Market(["turnover(24h)"], now, minutes=2 * DAY).values())
    assert market.coverages()["turnover(24h)"] >= WHOLE


def test_relative_volume_is_held_against_hours_where_minutes_are_few_and_unknown_without_them() -> None:
    now = FIRST + 5 * HOUR - 1
    exact = Market(["rvol(1h)"], now, minutes=2 * DAY).values()["rvol(1h)"]
    few = Market(["rvol(1h)"], now, minutes=90, hours=48, days=3)
    assert few.values()["rvol(1h)"] == pytest.approx(exact)
    assert Market(["rvol(1h)"], now, minutes=90).values()["rvol(1h)"] is None


def test_a_mean_over_twenty_windows_is_not_told_from_less_than_half_of_them() -> None:
    now = FIRST + 5 * HOUR - 1
    few = Market(["rvol(5m)"], now, minutes=48, kept=())
    half = Market(["rvol(5m)"], now, minutes=55, kept=())
    assert (few.values()["rvol(5m)"], half.values()["rvol(5m)"] is None) == (None, False)
    assert half.coverages()["rvol(5m)"] < WHOLE


def test_hours_that_end_while_it_is_watched_are_taken_in() -> None:
    now = FIRST + 5 * HOUR - 1
    market = Market(["turnover(7d)", "chg(7d)"], now, minutes=3, hours=DAYS * 24, days=DAYS)
    market.values()
    for minute in range(now, now + 2 * HOUR):
        market.screener.take([minute_bar(minute, shape_at(minute))])
        if not (minute + 1) % HOUR:
            market.screener.take([bar_of(Period.H1, minute, minute + 1)])
    later = now + 2 * HOUR
    market.bars = current(minute_bar(later, shape_at(later)), bar_of(Period.H1, later, later + 1))
    assert market.values() == pytest.approx(Market(["turnover(7d)", "chg(7d)"], later, minutes=8 * DAY).values())


def test_where_candles_have_no_turnover_relative_volume_goes_by_amount_and_not_by_the_minutes_seen_live() -> None:
    now = FIRST + 5 * HOUR - 1
    exact = Market(["rvol(5m)"], now, minutes=200).values()["rvol(5m)"]
    kraken = Market(["rvol(5m)"], now, minutes=200, lacks=CANDLE_LACKS.value)
    found = kraken.values()["rvol(5m)"]
    assert exact is not None
    assert found == pytest.approx(exact, rel=0.05)
    assert kraken.coverages()["rvol(5m)"] == 1.0


def test_a_day_that_lacks_trades_gives_way_to_its_hours_and_is_not_known_without_them() -> None:
    now = FIRST + 5 * HOUR - 1
    exact = Market(["turnover(7d)"], now, minutes=8 * DAY).values()
    for hours, part in ((DAYS * 24, 1.0), (5, 6 / 7)):
        market = Market(["turnover(7d)"], now, minutes=3, hours=hours, days=DAYS)
        lacking = bar_of(Period.D1, FIRST - 3 * DAY, FIRST - 2 * DAY)._replace(state=State.PARTIAL, turnover=10**20)
        market.screener.take([lacking])
        found = market.values()["turnover(7d)"] or 0.0
        assert (found == pytest.approx(exact["turnover(7d)"])) is (hours > 5)
        assert market.coverages()["turnover(7d)"] == pytest.approx(part, abs=0.025)
