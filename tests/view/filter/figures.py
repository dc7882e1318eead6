"""Figures of a row whose values a test gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from klagg_tui.engine.bar import Bar
from klagg_tui.view.screener.figure import WHOLE, FigureCall


class FakeFigures:
    """Values by the text of the call; what is not given is not known."""

    def __init__(self, values: Mapping[str, float | None], covered: float = 1.0) -> None:
        self.told_last: float | None = None
        self._values = values
        self._covered = covered

    def value(self, call: FigureCall, _bars: Sequence[Bar | None]) -> float | None:
        """What was given."""
        return self._values.get(str(call))

    def coverage(self, call: FigureCall, _bars: Sequence[Bar | None]) -> float:
        """As was given, of what was given."""
        return self._covered if str(call) in self._values else 0.0

    def look(self, call: FigureCall, bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        """Both."""
        return self.value(call, bars), self.coverage(call, bars) >= WHOLE
