"""Series that are likely to be charted next, read beforehand and kept up to date. Pure."""

from __future__ import annotations

from collections.abc import Collection

from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.series import Series


class SeriesShelf:
    """A few series of one period, by symbol: each takes in what ends from the moment on in which its history is asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, Series] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Something was missed: nothing here can be relied on."""
        self._kept.clear()

    def keep_only(self, symbols: Collection[str], period: Period) -> None:
        """Forget all but these."""
        for symbol, series in [*self._kept.items()]:
            if symbol not in symbols or series.period is not period:
                del self._kept[symbol]

    def begin(self, symbol: str, period: Period) -> Series | None:
        """A series whose history is to be read; None where there is one already."""
        if symbol in self._kept:
            return None
        return self._kept.setdefault(symbol, Series(symbol, period))

    def drop(self, series: Series) -> None:
        """It could not be read."""
        if self._kept.get(series.symbol) is series:
            del self._kept[series.symbol]

    def put(self, series: Series) -> None:
        """One that was charted until now."""
        self._kept[series.symbol] = series

    def take(self, symbol: str, period: Period) -> Series | None:
        """One that is charted from now on; its history may still be on its way."""
        series = self._kept.get(symbol)
        if series is None or series.period is not period:
            return None
        return self._kept.pop(symbol)

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
                del self._kept[stretch.symbol]
