"""The exchange's clock, followed from samples of its time. Pure: the local time comes as an argument.

Bars end, become final and are asked for by this clock, so no single answer may move it without bound. One that is off by more
than a little is doubted: it is asked for again, and believed where witnesses confirm it: the times of the trades that arrive, else the date of
the answer itself or this machine's clock. Where the trades and one of those contradict the clock together, it goes by the trades.

A simulated exchange may run faster than the world; it sends its speed, and whoever follows its clock waits accordingly.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from typing import Final, NamedTuple

SAMPLES: Final = 5
LITTLE_MS: Final = 5_000
"""By how much an answer may be off without being doubted. Whoever decides that a bar is final waits for longer than that."""
LATE_MS: Final = 60_000
"""How late trades may come and still bear witness, in milliseconds of the world."""
_DRIFT: Final = 0.001
"""By how much two steady clocks may part: ten times what a bad quartz does."""
_HEARD: Final = 9
_FEWEST_HEARD: Final = 5
"""Arrivals of trades: of so many the one in the middle counts, so that a single wrong time moves nothing."""
_HEARD_FOR_MS: Final = 30_000


class _Sample(NamedTuple):
    trip_ms: float
    local_ms: float
    exchange_ms: float
    speed: float
    loose_ms: float = 0
    """By how much it may be off besides what its trip explains, in the exchange's milliseconds."""
    grain_ms: float = 0
    """Half of the unit in which it was told: two answers of one clock differ by as much as that of each."""


class Witnesses(NamedTuple):
    """What else tells the exchange's time at the moment of an answer; None where it does not."""

    date_ms: float | None = None
    """The answer's own date, of whole seconds."""
    machine_ms: float | None = None
    """By this machine's clock, which may be hours wrong but goes on while the machine sleeps."""


NO_WITNESSES: Final = Witnesses()


class ExchangeClock:
    """Local milliseconds (any origin, steady) to the exchange's. Until the first sample it goes by `start_ms`."""

    def __init__(self, start_ms: float, local_ms: float) -> None:
        self.start_ms = start_ms
        self.trouble = ""
        """One sentence about the last answer where it was doubted, else empty."""
        self.jumps = 0
        """How often the clock was moved by more than a little: what was decided by it may be wrong."""
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)
        self._best = _Sample(0, local_ms, start_ms, 1.0)
        self._is_set = False
        self._doubted: _Sample | None = None
        self._heard: deque[tuple[float, float]] = deque(maxlen=_HEARD)
        self._latest_ms = 0

    @property
    def is_set(self) -> bool:
        """Whether the exchange ever told its time; before that it is this machine's, which may be hours wrong."""
        return self._is_set

    @property
    def speed(self) -> float:
        """Exchange's seconds in a second of the world."""
        return self._best.speed

    def sample(
        self,
        sent_ms: float,
        received_ms: float,
        exchange_ms: float,
        speed: float = 1.0,
        witnesses: Witnesses = NO_WITNESSES,
        *,
        grain_ms: float = 0,
    ) -> bool:
        """Learn from one answer; of the last few, the one with the shortest round trip counts.

        An answer that contradicts the earlier ones by no more than a little takes their place. Returns whether it was
        judged: one that is off by more is to be asked for again first. `grain_ms`: half of the unit in which it tells its time.
        """
        newest = _Sample(received_ms - sent_ms, (sent_ms + received_ms) / 2, exchange_ms, speed, grain_ms=grain_ms)
        self._go_on_at(speed, newest.local_ms)
        off_ms = _off_ms(self._best, newest)
        if abs(off_ms) <= LITTLE_MS:
            self.trouble = ""
            self._take(newest)
        elif self._doubted is None or _contradict(self._doubted, newest):
            self._doubted = newest
            self.trouble = f"The exchange's clock is off by {_length(off_ms)} in one answer, which is asked for again."
            return False
        elif self._is_confirmed(newest, witnesses):
            self.trouble = _jump_text(off_ms, is_first=not self.is_set)
            self.jumps += 1
            self._take(newest)
        else:
            self.trouble = (
                f"The exchange's clock says {_length(off_ms)} {_side(off_ms)} what is known of its time, and nothing confirms "
                "that: it is not believed, and klagg's picture of the clock goes on."
            )
        self._obey_trades(newest.local_ms, witnesses)
        return True

    def heard(self, local_ms: float, traded_ms: float) -> None:
        """Trades have come, the last of them of that time."""
        self._heard.append((local_ms, traded_ms))

    def now_ms(self, local_ms: float) -> int:
        """The exchange's time; it never runs backwards between two samples."""
        best = self._best
        self._latest_ms = max(self._latest_ms, int(best.exchange_ms + (local_ms - best.local_ms) * best.speed))
        return self._latest_ms

    def error_ms(self, local_ms: float) -> float:
        """By how much `now_ms` may be off at the most, in the exchange's milliseconds; without bound until an answer was believed.

        The exchange wrote its time somewhere on the round trip, half of which is taken for the way back.
        """
        if not self.is_set:
            return math.inf
        best = self._best
        return best.loose_ms + best.grain_ms + (best.trip_ms / 2 + abs(local_ms - best.local_ms) * _DRIFT) * best.speed

    def _go_on_at(self, speed: float, local_ms: float) -> None:
        """Before any answer was believed the speed alone is taken from one: it is our own simulated exchange's."""
        best = self._best
        if not self._samples and speed != best.speed:
            exchange_ms = best.exchange_ms + (local_ms - best.local_ms) * best.speed
            self._best = _Sample(best.trip_ms, local_ms, exchange_ms, speed)

    def _take(self, newest: _Sample) -> None:
        if any(_contradict(earlier, newest) for earlier in self._samples):
            self._samples.clear()
        self._samples.append(newest)
        self._go_by(min(self._samples, key=lambda sample: sample.trip_ms))

    def _go_by(self, best: _Sample) -> None:
        self._best = best
        self._is_set = True
        self._doubted = None
        self._latest_ms = 0

    def _is_confirmed(self, newest: _Sample, witnesses: Witnesses) -> bool:
        trades_ms = self._trades_ms(newest.local_ms, newest.speed)
        if trades_ms is not None:
            return -LITTLE_MS <= newest.exchange_ms - trades_ms <= LITTLE_MS + LATE_MS * newest.speed
        leeway_ms = LITTLE_MS + newest.trip_ms * newest.speed
        return any(told is not None and abs(newest.exchange_ms - told) <= leeway_ms for told in witnesses)

    def _obey_trades(self, local_ms: float, witnesses: Witnesses) -> None:
        """Go by the trades where they contradict the clock and a second witness is with them.

        Trades that are behind alone prove nothing: they may have waited on their way.
        """
        best = self._best
        trades_ms = self._trades_ms(local_ms, best.speed)
        if trades_ms is None:
            return
        off_ms = trades_ms - (best.exchange_ms + (local_ms - best.local_ms) * best.speed)
        late_ms = LITTLE_MS + LATE_MS * best.speed
        if -late_ms <= off_ms <= LITTLE_MS * max(1.0, best.speed):
            return
        if any(told is not None and abs(trades_ms - told) <= late_ms for told in witnesses):
            self._samples.clear()
            self._go_by(_Sample(0, local_ms, trades_ms, best.speed, late_ms))
            self.jumps += 1
            self.trouble = f"The trades that arrive are {_length(off_ms)} {_side(off_ms)} the exchange's clock: klagg goes by the trades."
        elif off_ms > 0:
            self.trouble = (
                f"The trades that arrive are {_length(off_ms)} ahead of the exchange's clock, and nothing confirms that: they "
                "are not taken."
            )

    def _trades_ms(self, local_ms: float, speed: float) -> float | None:
        """The exchange's time by the trades that arrived lately; None where too few did."""
        told = [
            traded_ms + (local_ms - heard_ms) * speed
            for heard_ms, traded_ms in self._heard
            if local_ms - heard_ms <= _HEARD_FOR_MS
        ]
        return median(told) if len(told) >= _FEWEST_HEARD else None


def _off_ms(earlier: _Sample, later: _Sample) -> float:
    """By how much a later answer is ahead of what an earlier one lets expect, beyond what trip and drift explain."""
    elapsed_ms = later.local_ms - earlier.local_ms
    slow_ms, fast_ms = sorted(earlier.exchange_ms + elapsed_ms * speed for speed in (earlier.speed, later.speed))
    doubt_ms = (
        (earlier.trip_ms + later.trip_ms) / 2 * later.speed + elapsed_ms * _DRIFT + earlier.grain_ms + later.grain_ms
    )
    if later.exchange_ms < slow_ms - doubt_ms:
        return later.exchange_ms - slow_ms + doubt_ms
    return max(0.0, later.exchange_ms - fast_ms - doubt_ms)


def _contradict(earlier: _Sample, later: _Sample) -> bool:
    """Whether no clock that runs steadily can have given both answers."""
    return earlier.speed != later.speed or abs(_off_ms(earlier, later)) > 1


def _jump_text(off_ms: float, *, is_first: bool) -> str:
    if is_first:
        return (
            f"This machine's clock is {_length(off_ms)} {_side(-off_ms)} the exchange's: klagg goes by the exchange's."
        )
    return (
        f"The exchange's clock moved by {_length(off_ms)}, and was confirmed: bars of that time are compared once more."
    )


def _side(off_ms: float) -> str:
    return "ahead of" if off_ms > 0 else "behind"


def _length(off_ms: float) -> str:
    seconds = abs(off_ms) / 1000
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"
