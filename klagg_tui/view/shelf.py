"""Series that are likely to be charted next, loaded beforehand and kept up to date. Pure."""

from __future__ import annotations

from collections.abc import Collection

from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.series import Series


class SeriesShelf:
    """A few series of one period, by symbol. One is whole once its history was taken in; until then it is not given out."""

    def __init__(self) -> None:
        self._kept: dict[str, Series] = {}
        self._whole: set[str] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Something was missed: nothing here can be relied on."""
        self._kept.clear()
        self._whole.clear()

    def keep_only(self, symbols: Collection[str], period: Period) -> None:
        """Forget all but these."""
        for symbol, series in [*self._kept.items()]:
            if symbol not in symbols or series.period is not period:
                self._forget(symbol)

    def begin(self, symbol: str, period: Period) -> Series | None:
        """A series to be loaded, which takes in what changes from now on; None where there is one already."""
        if symbol in self._kept:
            return None
        return self._kept.setdefault(symbol, Series(symbol, period))

    def finish(self, series: Series) -> None:
        """Its history was taken in."""
        if self._kept.get(series.symbol) is series:
            self._whole.add(series.symbol)

    def put(self, series: Series) -> None:
        """A whole one that was charted until now."""
        self._kept[series.symbol] = series
        self._whole.add(series.symbol)

    def take(self, symbol: str, period: Period) -> Series | None:
        """A whole one, to be charted from now on."""
        series = self._kept.get(symbol)
        if series is None or symbol not in self._whole or series.period is not period:
            return None
        self._forget(symbol)
        return series

    def beat(self, update: FeedUpdate) -> None:
        """Take in what ended; forget those of which the database holds something else than before."""
        if not self._kept:
            return
        for bar in update.changes.ended:
            series = self._kept.get(bar.symbol)
            if series is not None:
                series.take((bar,))
        for stretch in update.stored:
            series = self._kept.get(stretch.symbol)
            if series is not None and series.period is stretch.period:
                self._forget(stretch.symbol)

    def _forget(self, symbol: str) -> None:
        self._kept.pop(symbol, None)
        self._whole.discard(symbol)
