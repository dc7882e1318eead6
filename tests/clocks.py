"""This machine's clocks, moved by hand: they run, or go on in sleep as each of them does on Linux."""

from __future__ import annotations

import time

import pytest


class Sleepable:
    """`time.monotonic` stands still while the machine sleeps; the clock since boot and the one on the wall do not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._awake_s = 1_000.0
        self._all_s = 5_000.0
        self._wall_s = 1_723_075_200.0
        monkeypatch.setattr(time, "monotonic", lambda: self._awake_s)
        monkeypatch.setattr(time, "clock_gettime", lambda _: self._all_s)
        monkeypatch.setattr(time, "time", lambda: self._wall_s)

    def run(self, seconds: float) -> None:
        """Awake."""
        self._awake_s += seconds
        self._all_s += seconds
        self._wall_s += seconds

    def sleep(self, seconds: float) -> None:
        """Asleep."""
        self._all_s += seconds
        self._wall_s += seconds

    def halt(self, seconds: float) -> None:
        """A virtual machine that is halted, and whose clock is set right behind that."""
        self._wall_s += seconds
