"""Drains put together: what is read bit by bit, and what a failed write must not lose."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import Drained, Span
from klagg_tui.engine.period import Period


class PendingWrites:
    """Drains laid over each other: each bar and each run of ids once, in its newest state."""

    def __init__(self) -> None:
        self._closed: dict[tuple[str, Period, int], Bar] = {}
        self._forming: dict[tuple[str, Period], Bar] = {}
        self._spans: dict[tuple[str, int], Span] = {}

    def __len__(self) -> int:
        return len(self._closed) + len(self._forming)

    def __bool__(self) -> bool:
        return bool(self._closed or self._forming or self._spans)

    def add(self, drained: Drained) -> None:
        """Lay a newer drain over what is there."""
        self._closed.update(((bar.symbol, bar.period, bar.open_ms), bar) for bar in drained.closed)
        self._forming.update(((bar.symbol, bar.period), bar) for bar in drained.forming)
        for bar in drained.closed:  # ended after it was drained as the current one
            current = self._forming.get((bar.symbol, bar.period))
            if current is not None and current.open_ms <= bar.open_ms:
                del self._forming[bar.symbol, bar.period]
        self._spans.update(((span.symbol, span.first_id), span) for span in drained.spans)

    def batch(self) -> Drained:
        """All of it, to be written in one transaction."""
        return Drained(tuple(self._closed.values()), tuple(self._forming.values()), tuple(self._spans.values()))

    def clear(self) -> None:
        """It is on disk."""
        self._closed.clear()
        self._forming.clear()
        self._spans.clear()
