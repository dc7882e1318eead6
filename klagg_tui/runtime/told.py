"""Bars that another klagg makes, shown beside those of the engine. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from klagg_tui.engine.bar import Bar, SeriesKey
from klagg_tui.engine.changes import Changes


class ToldBars:
    """What was told of them."""

    def __init__(self) -> None:
        self._current: dict[SeriesKey, Bar] = {}
        self._symbols: dict[str, int] = {}

    @property
    def symbols(self) -> Mapping[str, int]:
        """Those of which anything was told, and when a bar under way was told last, 0 where none was."""
        return self._symbols

    @property
    def changes(self) -> Changes:
        """The newest bar under way of each series."""
        return Changes(tuple(self._current.values()))

    def add_symbols(self, symbols: Iterable[str]) -> None:
        """There are bars of these."""
        for symbol in symbols:
            self._symbols.setdefault(symbol, 0)

    def tell(self, current: Iterable[Bar], at_ms: int) -> None:
        """Bars under way in their newest state."""
        for bar in current:
            self._current[bar.series] = bar
            self._symbols[bar.symbol] = at_ms
