"""A replay as whoever looks at it steers it: pause, speed, on to a time, back to one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.runtime.player import Pace
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime

_FILES: Final = "replay*.db*"


def passes(replay: Replay, periods: tuple[Period, ...], folder: Path, number: int = 1) -> Plan:
    """The plan of a replay whose bars nobody keeps: each time it begins again, into a database of its own in this folder."""

    def again(until_ms: int) -> Plan:
        for path in folder.glob(_FILES):
            path.unlink(missing_ok=True)
        replay.anew(until_ms)
        return passes(replay, periods, folder, number + 1)

    return Plan(lambda: replay, periods, folder / f"replay-{number}.db", replay.bars_of, again=again)


class ReplayPlayback:
    """The `Playback` of a replay that a runtime plays."""

    def __init__(self, replay: Replay, runtime: Runtime) -> None:
        self._replay = replay
        self._player = replay.player
        self._runtime = runtime

    @property
    def pace(self) -> Pace:
        """As it was asked for last."""
        return self._player.pace

    @property
    def goes_back(self) -> bool:
        """See `Playback.goes_back`."""
        return self._runtime.can_begin_again

    @property
    def recorded_ms(self) -> tuple[int, int] | None:
        """See `Playback.recorded_ms`."""
        return self._replay.recorded_ms

    def pause(self) -> None:
        """Stop the playing, or go on with it."""
        self._player.pause()

    def change_speed(self, step: int) -> None:
        """Play faster, or with -1 slower."""
        self._player.change_speed(step)

    def skip_to(self, at_ms: int) -> None:
        """See `Playback.skip_to`; without a speed it is paused at a time that was gone back to, for it would be left at once."""
        is_back = at_ms <= self._replay.now_ms()
        if is_back and not self.goes_back:
            return
        self._player.skip_to(at_ms)
        if is_back:
            if self.pace.speed == math.inf and not self.pace.is_paused:
                self._player.pause()
            self._runtime.begin_again(at_ms)
