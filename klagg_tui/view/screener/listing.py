"""Since when a symbol is traded: as its exchange tells it, or at least since its oldest bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.view.screener.readings import Reading


class Listing:
    """What is known of a symbol's first trade."""

    __slots__ = ("by_ms", "told_ms")

    def __init__(self) -> None:
        self.told_ms = 0
        """When it was, as the exchange tells; 0 where it does not."""
        self.by_ms = 0
        """A time before which it was; 0 where none is known."""

    def learn(self, told_ms: int, by_ms: int) -> None:
        """Take in what is told, each 0 where it is not: another contract of the same name began at another time."""
        self.told_ms = told_ms or self.told_ms
        self._note(by_ms)

    def note_bar(self, period: Period, open_ms: int) -> None:
        """There is such a bar: it was traded before that was over."""
        if not self.told_ms and (not self.by_ms or open_ms < self.by_ms):
            self._note(period.end_ms(open_ms))

    def _note(self, by_ms: int) -> None:
        if by_ms and (not self.by_ms or by_ms < self.by_ms):
            self.by_ms = by_ms


class Listed(Reading):
    """Days since then."""

    __slots__ = ("_listing", "_now_ms")

    def __init__(self, listing: Listing, now_ms: Callable[[], int]) -> None:
        self._listing = listing
        self._now_ms = now_ms

    def value(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        begun_ms, now_ms = self._listing.told_ms or self._listing.by_ms, self._now_ms()
        return max(0.0, (now_ms - begun_ms) / DAY_MS) if begun_ms and now_ms else None

    def coverage(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """What is told is known; of the days before the oldest bar nothing is."""
        return 1.0 if self._listing.told_ms else 0.0
