"""Sleep is noticed, and nothing that is timed stands still meanwhile."""

from __future__ import annotations

import sys

import pytest

from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.stream import MarketStream
from klagg_tui.exchange.transport.steady import Absence, steady_ms
from tests.clocks import Sleepable
from tests.makers import START

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the clocks of Linux are moved by hand")
HOUR_S = 3_600


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Sleepable:
    return Sleepable(monkeypatch)


def test_the_steady_clock_runs_in_sleep(clock: Sleepable) -> None:
    began_ms = steady_ms()
    clock.run(10)
    clock.sleep(HOUR_S)
    assert steady_ms() - began_ms == (HOUR_S + 10) * 1000


def test_an_absence_is_as_long_as_the_clock_says_that_went_on(clock: Sleepable) -> None:
    absence = Absence()
    clock.run(10)
    assert absence.ms() == 10_000
    absence.restart()
    clock.sleep(HOUR_S)
    assert absence.ms() == HOUR_S * 1000
    absence.restart()
    clock.halt(HOUR_S)
    assert absence.ms() == HOUR_S * 1000


def test_the_exchange_s_time_goes_on_in_sleep(clock: Sleepable) -> None:
    data = venue().market_data("http://127.0.0.1:9", START)
    before_ms = data.now_ms()
    clock.sleep(HOUR_S)
    assert data.now_ms() - before_ms == HOUR_S * 1000


def test_connections_grow_old_in_sleep(clock: Sleepable) -> None:
    stream = MarketStream(venue(), "ws://127.0.0.1:9", on_trades=lambda *_: None, on_report=lambda _: None)
    before_ms = stream._now_ms()
    clock.sleep(HOUR_S)
    assert stream._now_ms() - before_ms == HOUR_S * 1000
