"""What the metrics were, second by second, and how each is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from klagg_tui import formatting
from klagg_tui.feed import Status
from klagg_tui.metrics import Metric, Unit, with_engine

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
        values = dict(with_engine(status.counters, status.delay_ms, status.metrics))
        trades = status.counters.trades
        if self._trades is not None:
            values.setdefault(Metric.TRADES_PER_SECOND, float(max(0, trades - self._trades)))
        self._trades = trades
        return values

    def last(self, metric: Metric) -> float:
        """The newest value, 0 where there is none."""
        return self.samples[metric][-1] if metric in self.samples else 0.0
