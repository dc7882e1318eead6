"""The bars of one symbol and period that a chart shows: history at the front, the current bar at the end."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period


class Series:
    """Bars in order of time, each once, in its newest state."""

    def __init__(self, symbol: str, period: Period) -> None:
        self.symbol = symbol
        self.period = period
        self.bars: list[Bar] = []
        self.reaches_back = True
        """Whether there may be older bars than the loaded ones."""

    def take(self, bars: Iterable[Bar]) -> int:
        """Current or finished bars of this series, others are ignored; returns how many came before the last one."""
        inserted = 0
        for bar in bars:
            if bar.symbol == self.symbol and bar.period is self.period:
                inserted += self._put(bar)
        return inserted

    def take_history(self, older: tuple[Bar, ...], asked: int) -> int:
        """Bars from the store, of which `asked` were wanted; returns how many are new."""
        before = len(self.bars)
        known = {bar.open_ms for bar in self.bars}
        self.bars = sorted(
            [*(bar for bar in older if bar.open_ms not in known), *self.bars], key=lambda bar: bar.open_ms
        )
        self.reaches_back = len(older) >= asked and len(self.bars) > before
        return len(self.bars) - before

    def _put(self, bar: Bar) -> bool:
        if not self.bars or bar.open_ms > self.bars[-1].open_ms:
            self.bars.append(bar)
            return False
        at = bisect_left(self.bars, bar.open_ms, key=lambda each: each.open_ms)
        if self.bars[at].open_ms == bar.open_ms:
            self.bars[at] = bar
            return False
        self.bars.insert(at, bar)
        return True
