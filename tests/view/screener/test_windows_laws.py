"""Whatever comes in whatever order, every window equals what is worked out plainly from all minutes at once."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import COLUMN_FIELDS
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.view.screener.figure import FigureCall, parsed
from klagg_tui.view.screener.peers import Listed
from klagg_tui.view.screener.recipes import enough_of
from klagg_tui.view.screener.screener import Need, Screener
from klagg_tui.view.screener.tape import SPARE
from tests.view.screener.made import CANDLE_LACKS, FIRST, MINUTE, Shape, current, minute_bar, stored
from tests.view.screener.plain import Plain

TEXTS = (
    "chg(1m) chg(5m) chg(20m) turnover(1m) turnover(7m) vol(7m) trades(20m) high(5m) low(5m) high(1m) range(20m)"
    " from_high(20m) from_low(5m) delta(7m) cvd(20m) vwap(7m) rvol(2m,3) rvol(1m,5) rvol(5m) speed volatility(5m)"
    " volatility(20m) corr(5m) corr(20m) beta(20m)"
)
CALLS = [parsed(text, DEFAULT_PERIODS) for text in TEXTS.split()]

shapes = st.builds(
    Shape,
    close=st.integers(-300, 300),
    up=st.integers(0, 40),
    down=st.integers(0, 40),
    lots=st.sampled_from([0, 0, 1, 2, 7, 1_000_000]),
    bought=st.integers(0, 8),
    trades=st.integers(1, 9),
    evidence=st.sampled_from([0, 0, 0, CANDLE_LACKS.value]),
    is_partial=st.sampled_from([False, False, False, True]),
)
places = st.integers(0, 34)
events = st.lists(
    st.one_of(
        st.tuples(st.just("bar"), st.sampled_from(["ETHUSDT", "BTCUSDT"]), places, shapes),
        st.tuples(st.just("next"), st.sampled_from(["ETHUSDT", "BTCUSDT"]), st.just(0), shapes),
        st.tuples(st.just("read"), st.just("ETHUSDT"), st.just(0), shapes),
        st.tuples(st.just("stored"), st.sampled_from(["ETHUSDT", "BTCUSDT"]), places, shapes),
        st.tuples(st.just("forming"), st.sampled_from(["ETHUSDT", "BTCUSDT"]), places, shapes),
    ),
    max_size=60,
)


class Watched:
    """A screener, and beside it all it was told, kept plainly."""

    def __init__(self) -> None:
        self.bars: dict[str, list[Bar | None]] = {name: current() for name in ("ETHUSDT", "BTCUSDT")}
        self.known: dict[str, dict[int, Bar]] = {name: {} for name in self.bars}
        self.ends = dict.fromkeys(self.bars, 0)
        self.screener = Screener(self.bars.__getitem__)
        for name in self.bars:
            self.screener.add(name)
            self.screener.learn(name, Listed("binance-um", name[:3], name[3:]))
        self.screener.use(CALLS)

    def ended(self, name: str, place: int, shape: Shape) -> None:
        bar = minute_bar(FIRST + place, shape, symbol=name)
        self.known[name][FIRST + place] = bar
        self._note(name, FIRST + place + 1, bar)
        self.screener.take([bar])

    def next(self, name: str, shape: Shape) -> None:
        self.ended(name, max(self.ends[name] - FIRST, 0), shape)

    def read_stored(self, name: str, place: int, shape: Shape) -> None:
        shapes = [shape, shape._replace(close=shape.close + 1), shape._replace(lots=shape.lots + 3)]
        bars = [minute_bar(FIRST + place + at, shape, symbol=name) for at, shape in zip((0, 1, 3), shapes, strict=True)]
        self.ends[name] = max(self.ends[name], FIRST + place + 4)
        for bar in bars:
            minute = bar.open_ms // MINUTE
            if minute < self.ends[name] - 5 or minute not in self.known[name]:
                self.known[name][minute] = bar
        newest = self.bars[name][0]
        if newest is None or newest.open_ms <= bars[-1].open_ms:
            self.bars[name][0] = self.known[name][bars[-1].open_ms // MINUTE]
        need = Need(name, Period.M1, COLUMN_FIELDS, bars[0].open_ms, bars[-1].end_ms)
        self.screener.seed(need, stored(bars))

    def forming(self, name: str, place: int, shape: Shape) -> None:
        newest = self.bars[name][0]
        at = max(FIRST + place, self.ends[name], newest.open_ms // MINUTE if newest else 0)
        self.bars[name][0] = minute_bar(at, shape, symbol=name)

    def _note(self, name: str, end: int, bar: Bar) -> None:
        self.ends[name] = max(self.ends[name], end)
        newest = self.bars[name][0]
        if newest is None or newest.open_ms <= bar.open_ms:
            self.bars[name][0] = bar

    def read(self) -> dict[FigureCall, float | None]:
        figures = self.screener.add("ETHUSDT")
        newest = self.bars["ETHUSDT"][0]
        if newest is not None:
            self.ends["ETHUSDT"] = max(self.ends["ETHUSDT"], newest.open_ms // MINUTE)
        return {call: figures.value(call, self.bars["ETHUSDT"]) for call in CALLS}

    def plain(self, name: str, peer: Plain | None = None) -> Plain:
        bar = self.bars[name][0]
        end = self.ends[name]
        if bar is not None and bar.open_ms // MINUTE >= end:
            end = bar.open_ms // MINUTE
        forming = bar if bar is not None and bar.open_ms // MINUTE == end else None
        return Plain(self.known[name], end, forming, peer=peer, now_ms=self.screener.now_ms)


@given(events, st.integers(0, 90_000))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_every_window_equals_the_plain_sum_over_all_minutes(told: list[Any], late_ms: int) -> None:
    tell_and_compare(told, late_ms)


@pytest.mark.parametrize("seed", range(4))
def test_long_days_made_up_by_chance_equal_the_plain_sums_too(seed: int) -> None:
    for chance in map(random.Random, range(seed * 50, seed * 50 + 50)):
        told = [
            (
                chance.choice(["bar", "next", "next", "next", "read", "stored", "forming"]),
                chance.choice(["ETHUSDT", "BTCUSDT"]),
                chance.randint(0, 34),
                Shape(
                    chance.randint(-300, 300),
                    chance.randint(0, 40),
                    chance.randint(0, 40),
                    chance.choice([0, 0, 1, 2, 7, 1_000_000]),
                    chance.randint(0, 8),
                    chance.randint(1, 9),
                    chance.choice([0, 0, 0, CANDLE_LACKS.value]),
                    chance.random() < 0.25,
                ),
            )
            for _ in range(chance.randint(20, 60))
        ]
        tell_and_compare(told, chance.randint(0, 90_000))


def tell_and_compare(told: list[Any], late_ms: int) -> None:
    watched = Watched()
    watched.screener.now_ms = (FIRST + 20) * MINUTE + late_ms
    for what, name, place, shape in told:
        if what == "bar":
            watched.ended(name, place, shape)
        elif what == "next":
            watched.next(name, shape)
        elif what == "stored":
            watched.read_stored(name, place, shape)
        elif what == "forming":
            watched.forming(name, place, shape)
        else:
            watched.read()
    compare(watched)


def compare(watched: Watched) -> None:
    found = watched.read()
    peer = watched.plain("BTCUSDT")
    plain = watched.plain("ETHUSDT", peer)
    is_far_behind = peer.end > plain.end + SPARE  # what BTC did so long ago is not held any more
    for call, value in found.items():
        if is_far_behind and call.key in ("corr", "beta"):
            continue
        expected = plain.value(call.key, call.args)
        covered = watched.screener.add("ETHUSDT").coverage(call, watched.bars["ETHUSDT"])
        if value is None and covered < enough_of(call):
            pass  # of so little it would be another window's
        elif expected is None or value is None:
            assert value is expected, str(call)
        else:
            assert value == pytest.approx(expected, rel=1e-6, abs=1e-6), str(call)
            assert math.isfinite(value)
        expected = plain.coverage(call.key, call.args)
        assert 0 <= covered <= 1
        if expected is not None:
            assert covered == pytest.approx(expected), str(call)
