"""What is handed to another thread: the newest update, once."""

from __future__ import annotations

import pytest

from klagg_tui.feed import FeedUpdate, Mode, Status
from klagg_tui.runtime.latest import Latest
from tests.clocks import Sleepable


def test_an_update_is_taken_once_and_then_there_is_room_for_the_next() -> None:
    latest = Latest()
    rooms = [latest.is_taken]
    latest.put(FeedUpdate(symbols_added=("BTCUSDT",)))
    rooms.append(latest.is_taken)
    assert latest.take() == FeedUpdate(symbols_added=("BTCUSDT",))
    rooms.append(latest.is_taken)
    assert rooms == [True, False, True]
    assert latest.take() is None


def test_an_empty_update_is_left_out() -> None:
    latest = Latest()
    latest.put(FeedUpdate())
    assert latest.take() is None


def test_there_is_a_status_before_anything_runs() -> None:
    assert Latest().status[:2] == ("", Mode.CONNECTING)
    assert Latest().status.connection == "starting"


def test_what_was_told_before_the_machine_slept_is_not_shown_as_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Sleepable(monkeypatch)
    latest = Latest()
    latest.status = Status("x", Mode.LIVE, 1)
    clock.run(1)
    assert not latest.status.is_behind
    clock.sleep(60)
    assert latest.status == Status("x", Mode.LIVE, 1, connection="stale", is_behind=True)
    latest.status = Status("x", Mode.LIVE, 60_001)
    assert not latest.status.is_behind
