"""The metrics on the health screen: how each is written, and how it went lately. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.events import Counters
from klagg_tui.feed import Status
from klagg_tui.metrics import Kind, Metric, Unit
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.sparkline import sparkline

KEPT: Final = 120
"""Samples of each metric, one a second."""
_LABEL: Final = 30
"""Cells of a metric's label."""


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
        self._trades: int | None = None

    def sample(self, status: Status) -> None:
        """Take a sample; to be called once a second."""
        for metric, value in self._values(status).items():
            self.samples.setdefault(metric, deque(maxlen=KEPT)).append(value)

    def _values(self, status: Status) -> dict[Metric, float]:
        values: dict[Metric, float] = {metric: count(status.counters) for metric, count in _COUNTED_BY_ENGINE.items()}
        trades = status.counters.trades
        if self._trades is not None:
            values[Metric.TRADES_PER_SECOND] = float(max(0, trades - self._trades))
        self._trades = trades
        if status.delay_ms is not None:
            values[Metric.DELAY] = status.delay_ms
        return {**values, **status.metrics}

    def lines(self, width: int) -> list[list[Piece]]:
        """Each metric as label, value and sparkline, in the order in which they are declared."""
        return [self._line(metric, width) for metric in Metric if metric in self.samples]

    def _line(self, metric: Metric, width: int) -> list[Piece]:
        samples = self.samples[metric]
        value = samples[-1]
        role = Role.WARN if metric.is_trouble and value else Role.STRONG
        room = max(0, width - _LABEL - 14)
        moved = _moved(metric, samples)[-room:] if room else []
        line = sparkline(moved, room) if len(set(moved)) > 1 else ""  # nothing is drawn of what does not change
        return [
            Piece(f" {metric.label:<{_LABEL}}", Role.DIM),
            Piece(f"{WRITERS[metric.unit](value):>11}  ", role),
            Piece(line, Role.LINE_A),
        ]


def _moved(metric: Metric, samples: Sequence[float]) -> list[float]:
    """A counter is drawn by how much it grew each second."""
    values = list(samples)
    return [later - earlier for earlier, later in pairwise(values)] if metric.kind is Kind.COUNTER else values


_LOG_LINE: Final = re.compile(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d+ (\w+)\s+(?:klagg_tui\.)?(\S+?): (.*)", re.DOTALL)
_LOG_ROLES: Final = {"WARNING": Role.WARN, "ERROR": Role.BAD, "CRITICAL": Role.BAD}


def log_pieces(line: str) -> list[Piece]:
    """A line of the log: when, from where, what, and its level as its colour; another text as it is."""
    found = _LOG_LINE.match(line)
    if found is None:
        return [Piece(f" {line}", Role.DIM)]
    clock, level, module, text = found.groups()
    return [
        Piece(f" {clock} ", Role.FAINT),
        Piece(f"{module:<22} ", Role.FAINT),
        Piece(text, _LOG_ROLES.get(level, Role.DIM)),
    ]


def column_lines(lines: Sequence[list[Piece]], columns: int, width: int) -> list[list[Piece]]:
    """The lines in several columns of `width` cells, read downward."""
    rows = -(-len(lines) // max(1, columns))
    return [
        [piece for column in range(columns) for piece in _padded(lines, row + column * rows, width)]
        for row in range(rows)
    ]


def _padded(lines: Sequence[list[Piece]], at: int, width: int) -> list[Piece]:
    line = lines[at] if at < len(lines) else []
    return [*line, Piece(" " * (width - sum(len(piece.text) for piece in line)), Role.TEXT)]
