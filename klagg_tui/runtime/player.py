"""How fast recorded trades are played: speed, pause, skips. Pure: times come as arguments.

Asked from the screen's thread, read by the engine's: what is wanted is one immutable value that is replaced as a whole.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, math.inf)
"""Recorded seconds a second, as the keys choose among them; infinite: no waiting."""
LOOK_S: Final = 0.1
"""So long somebody who asks for another pace waits at most."""
_TOGETHER_MS: Final = 50
"""Trades of so much real time are played at once."""


class Pace(NamedTuple):
    """What is wanted."""

    speed: float
    is_paused: bool = False
    skip_ms: int = 0
    """Up to this recorded time there is no waiting."""

    def __str__(self) -> str:
        return "as fast as it goes" if self.speed == math.inf else f"{self.speed:g}×"


class Player:
    """Tells how long a trade has to wait."""

    def __init__(self, speed: float | None) -> None:
        """`speed`: recorded seconds a second; None: no waiting."""
        self.pace = self._taken = Pace(speed or math.inf)
        self._at_ms: float | None = None
        """The recorded time by now; None before the first trade."""
        self._looked_s = 0.0

    def pause(self) -> None:
        """Stop the playing, or go on with it."""
        self.pace = self.pace._replace(is_paused=not self.pace.is_paused)

    def change_speed(self, step: int) -> None:
        """Play at the next higher speed of `SPEEDS`, or with -1 at the next lower one, as far as there is one."""
        speed = self.pace.speed
        others = [other for other in SPEEDS[::step] if (other - speed) * step > 0]
        self.pace = self.pace._replace(speed=others[0] if others else speed)

    def begin(self) -> None:
        """All is played from the beginning, as it is wanted."""
        self._at_ms = None

    def skip_to(self, at_ms: int) -> None:
        """Play without any waiting up to this recorded time, also while it is paused."""
        self.pace = self.pace._replace(skip_ms=at_ms)

    def end_of_batch(self, first_ms: int) -> float:
        """Before which recorded time a trade may be played together with the one of `first_ms`."""
        pace = self.pace
        return pace.skip_ms if first_ms < pace.skip_ms else first_ms + 1 + _TOGETHER_MS * pace.speed

    def wait_s(self, at_ms: int, now_s: float) -> float:
        """Until it is to be looked again whether a trade of this time is due; 0: it is."""
        pace, old = self.pace, self._taken
        self._taken = pace
        at = self._moved(old, at_ms, now_s)
        if pace is not old:
            at = min(at, at_ms)  # what it is behind is not made up for at another pace
        self._at_ms = at = max(at, min(pace.skip_ms, at_ms))
        if at_ms < pace.skip_ms or (pace.speed == math.inf and not pace.is_paused):
            self._at_ms = at_ms
            return 0.0
        if pace.is_paused:
            return LOOK_S
        return min(max(0.0, round((at_ms - at) / 1_000 / pace.speed, 6)), LOOK_S)

    def _moved(self, pace: Pace, at_ms: int, now_s: float) -> float:
        """The recorded time after what went by at that pace."""
        before_s, self._looked_s = self._looked_s, now_s
        if self._at_ms is None:
            return at_ms
        goes = not pace.is_paused and pace.speed < math.inf
        return self._at_ms + (now_s - before_s) * 1_000 * pace.speed if goes else self._at_ms
