"""Bars that another klagg makes, on their way to the screen beside those of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import ChangeBuffer, Changes


class ToldBars:
    """What was told of them; on the engine's loop only."""

    def __init__(self) -> None:
        self._waiting = ChangeBuffer()
        self._symbols: dict[str, int] = {}

    def __bool__(self) -> bool:
        """Whether something is to be shown."""
        return bool(self._waiting)

    @property
    def symbols(self) -> Mapping[str, int]:
        """Those of which anything was told, and when a bar under way was told last, 0 where none was."""
        return self._symbols

    def add_symbols(self, symbols: Iterable[str]) -> None:
        """There are bars of these."""
        for symbol in symbols:
            self._symbols.setdefault(symbol, 0)

    def tell(self, current: Iterable[Bar], at_ms: int) -> None:
        """Bars under way in their newest state."""
        current = tuple(current)
        self._symbols.update((bar.symbol, at_ms) for bar in current)
        self._waiting.add(Changes(current))

    def take(self) -> Changes:
        """What was told since the last call."""
        changes = self._waiting.changes()
        self._waiting.clear()
        return changes
