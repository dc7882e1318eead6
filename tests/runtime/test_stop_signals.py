"""What a second signal means, by a clock moved by hand."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from klagg_tui.runtime.stop_signals import INTERRUPTED, StopSignals

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """In the place of the end of this process."""


class Clock:
    """Seconds."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """With what the process would have ended; the signals are put back."""
    statuses: list[int] = []

    def leave(status: int) -> None:
        statuses.append(status)
        raise Ended

    monkeypatch.setattr(os, "_exit", leave)
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ALL}
    yield statuses
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("second", ALL)
def test_any_two_within_a_second_are_one_and_a_later_one_ends_it(ended: list[int], second: signal.Signals) -> None:
    clock, called = Clock(), []
    with StopSignals(clock) as stop:
        stop.on_stop = lambda: called.append("stop")
        stop.on_abort = lambda: called.append("abort")
        signal.raise_signal(signal.SIGTERM)
        clock.now_s += 0.9
        signal.raise_signal(second)
        assert stop.came
        assert (called, ended) == (["stop"], [])
        clock.now_s += 0.1
        with pytest.raises(Ended):
            signal.raise_signal(second)
    assert (called, ended) == (["stop", "abort"], [INTERRUPTED])


@pytest.mark.usefixtures("ended")
def test_handlers_are_put_back_and_an_ignored_end_of_the_terminal_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with StopSignals() as stop:
        signal.raise_signal(signal.SIGHUP)
        assert not stop.came
    assert [signal.getsignal(number) for number in ALL] == [signal.SIG_DFL, signal.SIG_DFL, signal.SIG_IGN]
