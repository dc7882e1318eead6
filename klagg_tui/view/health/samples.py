"""What the metrics were, second by second, and how each is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.events import Counters
from klagg_tui.feed import Status
from klagg_tui.metrics import Metric, Unit

KEPT: Final = 120
"""Samples of each metric, one a second."""


def _whole(value: float) -> str:
    return formatting.whole(round(value))


WRITERS: Final[dict[Unit, Callable[[float], str]]] = {
    Unit.COUNT: _whole,
    Unit.PER_SECOND: formatting.short,
    Unit.MILLISECONDS: formatting.duration,
    Unit.MEGABYTES: lambda value: formatting.size(value * 1e6),
    Unit.PERCENT: lambda value: f"{value:.0f}%",
}
"""How the values of each unit are written."""

_COUNTED_BY_ENGINE: Final[dict[Metric, Callable[[Counters], int]]] = {
    Metric.TRADES: lambda counters: counters.trades,
    Metric.DUPLICATES: lambda counters: counters.duplicates,
    Metric.GAPS: lambda counters: counters.gaps,
    Metric.GAPS_FILLED: lambda counters: counters.gaps_filled,
    Metric.GAPS_ABANDONED: lambda counters: counters.gaps_abandoned,
    Metric.LATE: lambda counters: counters.late,
    Metric.TOO_LATE: lambda counters: counters.too_late,
    Metric.REJECTED: lambda counters: counters.rejected,
    Metric.UNKNOWN_SYMBOL: lambda counters: counters.unknown_symbol,
}


class Health:
    """What the metrics were, second by second."""

    def __init__(self) -> None:
        self.samples: dict[Metric, deque[float]] = {}
        self.widest: dict[Metric, int] = {}
        """Cells that the longest text of each took so far: numbers keep their place in a line if they get as many."""
        self.seconds = 0
        """Samples taken."""
        self._trades: int | None = None

    def sample(self, status: Status) -> None:
        """Take a sample; to be called once a second."""
        self.seconds += 1
        for metric, value in self._values(status).items():
            self.samples.setdefault(metric, deque(maxlen=KEPT)).append(value)
            self.widest[metric] = max(self.widest.get(metric, 0), len(WRITERS[metric.unit](value).strip()))

    def _values(self, status: Status) -> dict[Metric, float]:
        values: dict[Metric, float] = {metric: count(status.counters) for metric, count in _COUNTED_BY_ENGINE.items()}
        trades = status.counters.trades
        if self._trades is not None:
            values[Metric.TRADES_PER_SECOND] = float(max(0, trades - self._trades))
        self._trades = trades
        if status.delay_ms is not None:
            values[Metric.DELAY] = status.delay_ms
        return {**values, **status.metrics}

    def last(self, metric: Metric) -> float:
        """The newest value, 0 where there is none."""
        return self.samples[metric][-1] if metric in self.samples else 0.0
