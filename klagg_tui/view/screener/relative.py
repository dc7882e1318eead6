"""Readings of what goes on now against the usual."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.view.screener.kinds import WHOLE
from klagg_tui.view.screener.readings import Reading, Sum, is_whole, share
from klagg_tui.view.screener.tape import Tape
from klagg_tui.view.screener.windows import SumWindow, as_float


class RelativeVolume(Reading):
    """The sum of a window against its mean over the windows of that length before it, as far as these are known."""

    __slots__ = ("all", "newest")

    def __init__(self, newest: Sum, whole: Sum) -> None:
        self.newest = newest
        self.all = whole

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        newest, window = self.newest.window, self.all.window
        now = self.newest.value(forming, bars)
        if window.hi != window.tape.end:
            window.sync()
        known = window.known - newest.known
        usual = as_float(window.total - newest.total)
        longer = self.all.longer
        if longer is not None and longer.sync() and (counted := longer.counted(bars)):
            known += counted
            usual = (self.all.value(forming, bars) or 0.0) - (now or 0.0)
        return now * known / (usual * (newest.length + 1)) if now is not None and usual > 0 else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self.all.coverage(forming, bars)


class Better(Reading):
    """By turnover, or by amount where more of that is known: candles of some exchanges have no turnover."""

    __slots__ = ("_checked", "by_amount", "by_turnover", "tape")

    def __init__(self, by_turnover: Reading, by_amount: Reading, tape: Tape) -> None:
        self.by_turnover, self.by_amount, self.tape = by_turnover, by_amount, tape
        self._checked = -1
        """The minute in which the turnover was found to be known."""

    def _chosen(self, forming: Bar | None, bars: Sequence[Bar | None]) -> Reading:
        if self._checked == self.tape.end:
            return self.by_turnover
        part = self.by_turnover.coverage(forming, bars)
        if part >= WHOLE:
            self._checked = self.tape.end
        elif self.by_amount.coverage(forming, bars) > part:
            return self.by_amount
        return self.by_turnover

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        return self._chosen(forming, bars).value(forming, bars)

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self._chosen(forming, bars).coverage(forming, bars)


class Speed(Reading):
    """Trades in the last sixty seconds against their mean a minute over the last hour.

    Of the minute before the one under way as much counts as is missing from this one, as if its trades came evenly.
    """

    __slots__ = ("field_of", "now_ms", "window")

    def __init__(self, window: SumWindow, field_of: Callable[[Bar], float], now_ms: Callable[[], int]) -> None:
        self.window = window
        self.field_of = field_of
        self.now_ms = now_ms

    def value(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        window, trades = self.window, self.window.ring
        if window.hi != window.tape.end:
            window.sync()
        if not window.sum:
            return None
        end = window.tape.end
        rest = 1 - min(max(self.now_ms() / MINUTE_MS - end, 0.0), 1.0)
        before = trades.values[(end - 1) % trades.size]
        now = before * rest + (0 if forming is None else self.field_of(forming))
        return now * window.known / window.sum if now == now else None  # noqa: PLR0124

    def coverage(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        window = self.window
        window.sync()
        return share(window.tape, window, is_whole(window.tape, forming))
