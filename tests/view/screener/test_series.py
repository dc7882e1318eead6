"""Indicators on the bars of a period, whatever comes in whatever order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.view.screener.figure import FigureCall, parsed
from klagg_tui.view.screener.screener import Need, Screener
from tests.view.screener import carried
from tests.view.screener.made import FIRST, MINUTE, Shape, current, minute_bar, stored

HOUR = 60
CALLS = [
    parsed(text, DEFAULT_PERIODS)
    for text in ("rsi(1h,2)", "rsi(1h,3)", "natr(1h,2)", "ema(1h,3)", "macd(1h,2,3,2)", "bb(1h,4)", "bb(1h,3,1.5)")
]
FIELDS: tuple[str, ...] = ("close", "high", "low")


def hour(at: int, shape: Shape) -> Bar:
    return minute_bar(FIRST + at * HOUR, shape, period=Period.H1)


class Watched:
    """A screener, and beside it all it was told, kept plainly."""

    def __init__(self, calls: list[FigureCall]) -> None:
        self.now = current()
        self.known: dict[int, Bar] = {}
        self.screener = Screener(lambda _symbol: self.now)
        self.figures = self.screener.add("ETHUSDT")
        self.screener.use(calls)

    def ended(self, bar: Bar) -> None:
        self.known[bar.open_ms] = bar
        newest = self.now[Period.H1.ordinal]
        if newest is None or newest.open_ms <= bar.open_ms:
            self.now[Period.H1.ordinal] = bar
        self.screener.take([bar])

    def forming(self, bar: Bar) -> None:
        newest = self.now[Period.H1.ordinal]
        if bar.open_ms not in self.known and (newest is None or newest.open_ms <= bar.open_ms):
            self.now[Period.H1.ordinal] = bar

    def seed(self, bars: list[Bar]) -> bool:
        need = Need("ETHUSDT", Period.H1, FIELDS, bars[0].open_ms, bars[-1].end_ms)
        return self.screener.seed(need, stored(bars, FIELDS))

    def value(self, call: FigureCall) -> float | None:
        return self.figures.value(call, self.now)

    def plain(self) -> list[Bar]:
        bars = [self.known[open_ms] for open_ms in sorted(self.known)]
        newest = self.now[Period.H1.ordinal]
        return [*bars, newest] if newest and (not bars or newest.open_ms > bars[-1].open_ms) else bars


def compare(watched: Watched, calls: list[FigureCall], *, approximately: float = 1e-9) -> None:
    for call in calls:
        value, expected = watched.value(call), getattr(carried, call.key)(watched.plain(), *call.args[1:])
        if value is None or expected is None:
            assert value is expected, str(call)
        else:
            assert value == pytest.approx(expected, rel=approximately, abs=1e-6), str(call)


shapes = st.builds(
    lambda close, up, down: Shape(close, up, down, lots=3),
    st.integers(-300, 300),
    st.integers(0, 40),
    st.integers(0, 40),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["ended", "forming", "read", "stored"]), st.integers(0, 14), shapes), max_size=30
    )
)
def test_every_indicator_equals_the_plain_one_over_all_bars(told: list[Any]) -> None:
    watched = Watched(CALLS)
    for what, at, shape in told:
        if what == "ended":
            watched.ended(hour(at, shape))
        elif what == "forming":
            watched.forming(hour(at, shape))
        elif what == "stored":
            bars = [hour(at, shape), hour(at + 2, shape._replace(close=-shape.close))]
            for bar in bars:
                newest = sorted(watched.known)[-5:]
                if bar.open_ms not in newest:
                    watched.known[bar.open_ms] = bar
            watched.seed(bars)
        else:
            for call in CALLS:
                watched.value(call)
    compare(watched, CALLS)


@given(st.lists(st.integers(-300, 300), min_size=150, max_size=220), st.data())
def test_what_was_let_go_stays_in_the_averages(closes: list[int], data: st.DataObject) -> None:
    watched = Watched(CALLS[:5])
    for at, close in enumerate(closes):
        watched.ended(hour(at, Shape(close=close, up=3)))
        if data.draw(st.booleans()):
            watched.value(CALLS[at % 5])
    compare(watched, CALLS[:5])
    assert len(watched.figures.series[Period.H1].opens) <= 45
    watched.ended(hour(len(closes) - 3, Shape(close=77)))
    compare(watched, CALLS[:5])


def test_a_bar_before_those_that_were_let_go_comes_too_late() -> None:
    watched = Watched(CALLS[:1])
    for at in range(10, 60):
        watched.ended(hour(at, Shape(close=at)))
    before = watched.value(CALLS[0])
    opens = watched.figures.series[Period.H1].opens[:]
    watched.screener.take([hour(1, Shape(close=300))])
    assert not watched.seed([hour(2, Shape(close=300)), hour(3, Shape(close=200))])
    assert watched.value(CALLS[0]) == before
    assert watched.figures.series[Period.H1].opens == opens


def test_a_bar_told_again_or_without_a_price_changes_nothing() -> None:
    watched = Watched(CALLS[:3])
    for at in range(10):
        watched.ended(hour(at, Shape(close=at, up=at)))
    series = watched.figures.series[Period.H1]
    assert not series.take(hour(4, Shape(close=4, up=4)))
    assert not series.take(hour(4, Shape())._replace(close=0))
    assert series.take(hour(4, Shape(close=4, up=5)))


def test_closes_that_never_moved_have_neither_strength_nor_bands() -> None:
    watched = Watched(CALLS)
    for at in range(40):
        watched.ended(hour(at, Shape()))
    assert watched.value(CALLS[0]) is None
    assert watched.value(CALLS[-1]) is None
    assert watched.value(CALLS[3]) == 10.0


def test_coverage_is_the_part_of_the_bars_that_is_known() -> None:
    rsi = parsed("rsi(1h,2)", DEFAULT_PERIODS)
    watched = Watched([rsi])
    assert watched.figures.coverage(rsi, watched.now) == 0.0
    for at in (0, 1, 2, 3, 9):
        watched.ended(hour(at, Shape(close=at)))
    assert watched.figures.coverage(rsi, watched.now) == 5 / 20
    watched.forming(hour(10, Shape()))
    assert watched.figures.coverage(rsi, watched.now) == 6 / 20
    for at in range(10, 40):
        watched.ended(hour(at, Shape(close=at)))
    assert watched.figures.coverage(rsi, watched.now) == 1.0
    for at in range(50, 52):
        watched.ended(hour(at, Shape(close=at)))
    assert watched.figures.coverage(rsi, watched.now) == 20 / 30


def test_an_indicator_that_looks_further_back_begins_anew_and_wants_its_history() -> None:
    short, long, reach = (parsed(text, DEFAULT_PERIODS) for text in ("ema(1h,3)", "ema(1h,20)", "natr(1h,3)"))
    watched = Watched([short])
    watched.screener.now_ms = (FIRST + 60 * HOUR) * MINUTE
    (need,) = watched.screener.needs()
    watched.screener.seed(need, stored([], FIELDS))
    assert watched.screener.needs() == []
    for at in range(60):
        watched.ended(hour(at, Shape(close=at)))
    watched.screener.use([short, long])
    (need,) = watched.screener.needs()
    assert (need.period, need.fields) == (Period.H1, ("close",))
    assert need.to_ms - need.from_ms == 100 * HOUR * MINUTE
    watched.screener.seed(need, stored([hour(at, Shape(close=at)) for at in range(-40, 60)], FIELDS))
    watched.known = {bar.open_ms: bar for bar in (hour(at, Shape(close=at)) for at in range(-40, 60))}
    compare(watched, [short, long])
    watched.screener.use([short, reach])
    assert watched.value(short) is None
    (need,) = watched.screener.needs()
    assert need.fields == ("close", "high", "low")
    watched.screener.seed(need, stored([hour(at, Shape(close=at)) for at in range(60)], FIELDS))
    assert watched.value(reach) is not None
    watched.screener.use([short])
    assert not watched.figures.series[Period.H1].highs
    assert watched.value(short) is not None
    watched.screener.use([])
    assert watched.figures.series == {}


def test_a_current_bar_that_is_gone_again_leaves_the_newest_closed_one() -> None:
    watched = Watched(CALLS)
    for at in range(12):
        watched.ended(hour(at, Shape(close=at * 7 % 5, up=1)))
    closed = [watched.value(call) for call in CALLS]
    watched.forming(hour(12, Shape(close=200)))
    assert [watched.value(call) for call in CALLS] != closed
    watched.now[Period.H1.ordinal] = None
    assert [watched.value(call) for call in CALLS] == closed
