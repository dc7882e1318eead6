"""A stretch of time put together from ended bars of several periods, the longest that fit."""

from __future__ import annotations

from collections.abc import Iterable

from klagg_tui.engine.bar import Bar, State, empty_bar, merge
from klagg_tui.engine.period import MINUTE_MS, Period


class BarCover:
    """Ended bars of one symbol in several periods."""

    def __init__(self, bars: Iterable[Bar]) -> None:
        self._by_open: dict[int, list[Bar]] = {}
        for bar in sorted(bars, key=lambda bar: (bar.open_ms, -bar.period.ordinal)):
            self._by_open.setdefault(bar.open_ms, []).append(bar)

    def minutes_before(self, minute_ms: int, count: int) -> list[Bar]:
        """The unbroken run of at most `count` 1m bars that ends at `minute_ms`, oldest first."""
        run: list[Bar] = []
        at_ms = minute_ms - MINUTE_MS
        while len(run) < count and (bar := self._minute_at(at_ms)):
            run.append(bar)
            at_ms -= MINUTE_MS
        return run[::-1]

    def cover(self, symbol: str, period: Period, from_ms: int, to_ms: int, listed_ms: int) -> Bar | None:
        """The stretch as the beginning of one bar of `period`, always taking the longest bar that fits.

        Stretches that no bar covers make it partial, unless they lie before the symbol was listed (`listed_ms`, 0 where
        that is unknown) and before every bar: earlier bars are of another contract that had the name, and its end is not
        known here. None where there is nothing to say.
        """
        opening = empty_bar(symbol, period, from_ms, 0, State.CONFIRMED)
        whole: Bar | None = None
        at_ms = from_ms
        while at_ms < to_ms:
            bar = self._longest_at(at_ms, to_ms)
            if bar is not None:
                whole = merge(whole or opening, bar)
                at_ms = bar.end_ms
                continue
            next_ms = min((open_ms for open_ms in self._by_open if at_ms < open_ms < to_ms), default=to_ms)
            if next_ms > listed_ms or whole is not None:
                whole = merge(whole or opening, empty_bar(symbol, period, at_ms, 0, State.PARTIAL))
            at_ms = next_ms
        return whole

    def _longest_at(self, at_ms: int, to_ms: int) -> Bar | None:
        return next((bar for bar in self._by_open.get(at_ms, ()) if bar.end_ms <= to_ms), None)

    def _minute_at(self, at_ms: int) -> Bar | None:
        return next((bar for bar in self._by_open.get(at_ms, ()) if bar.period is Period.M1), None)
