"""The exchange's clock, followed from samples of its time. Pure: the local time comes as an argument.

A simulated exchange may run faster than the world; it sends its speed, and whoever follows its clock waits accordingly.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

SAMPLES: Final = 5
_DRIFT: Final = 0.001
"""By how much two steady clocks may part: ten times what a bad quartz does."""


class _Sample(NamedTuple):
    trip_ms: float
    local_ms: float
    exchange_ms: float
    speed: float


class ExchangeClock:
    """Local milliseconds (any origin, steady) to the exchange's. Until the first sample it goes by `start_ms`."""

    def __init__(self, start_ms: float, local_ms: float) -> None:
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)
        self._best = _Sample(0, local_ms, start_ms, 1.0)
        self._latest_ms = 0

    @property
    def is_set(self) -> bool:
        """Whether the exchange ever told its time; before that it is this machine's, which may be hours wrong."""
        return bool(self._samples)

    @property
    def speed(self) -> float:
        """Exchange's seconds in a second of the world."""
        return self._best.speed

    def sample(self, sent_ms: float, received_ms: float, exchange_ms: float, speed: float = 1.0) -> None:
        """Learn from one answer; of the last few, the one with the shortest round trip counts.

        An answer that contradicts the earlier ones takes their place: the exchange's clock was set, or this machine slept.
        """
        newest = _Sample(received_ms - sent_ms, (sent_ms + received_ms) / 2, exchange_ms, speed)
        if any(_contradict(earlier, newest) for earlier in self._samples):
            self._samples.clear()
        self._samples.append(newest)
        self._best = min(self._samples, key=lambda sample: sample.trip_ms)
        self._latest_ms = 0

    def now_ms(self, local_ms: float) -> int:
        """The exchange's time; it never runs backwards between two samples."""
        best = self._best
        self._latest_ms = max(self._latest_ms, int(best.exchange_ms + (local_ms - best.local_ms) * best.speed))
        return self._latest_ms


def _contradict(earlier: _Sample, later: _Sample) -> bool:
    """Whether no clock that runs steadily can have given both answers."""
    expected_ms = earlier.exchange_ms + (later.local_ms - earlier.local_ms) * later.speed
    doubt_ms = (earlier.trip_ms + later.trip_ms) / 2 * later.speed + (later.local_ms - earlier.local_ms) * _DRIFT
    return earlier.speed != later.speed or abs(expected_ms - later.exchange_ms) > doubt_ms + 1
