"""The closed bars of one symbol and period that indicators look at, and the indicators carried on over them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import Period
from klagg_tui.view.screener.history import FRESH
from klagg_tui.view.screener.indicators import Carried

_ONE: Final = 10**PRICE_DECIMALS
_MONTH: Final = Period.MO1
_SPARE: Final = 4
"""The part of the bars, as a divisor, that may be held besides those that are wanted, before they are let go at once."""


class Series:
    """The newest closed bars, oldest first."""

    __slots__ = ("closes", "has_reach", "highs", "is_cut", "lows", "opens", "period", "runs", "wanted")

    def __init__(self, period: Period) -> None:
        self.period = period
        self.wanted = 0
        """How many bars at the least, as soon as there are so many."""
        self.has_reach = False
        """Whether highs and lows are held too; where not, these are empty."""
        self.opens = array("q")
        self.highs, self.lows, self.closes = array("d"), array("d"), array("d")
        self.is_cut = False
        """Whether older bars were let go."""
        self.runs: list[Run] = []

    def fit(self, wanted: int, *, has_reach: bool) -> bool:
        """Hold so many bars from now on; whether older ones are wanted for that, and all indicators begin anew."""
        grows = wanted > self.wanted or (has_reach and not self.has_reach)
        if has_reach is not self.has_reach:
            self.highs, self.lows = array("d"), array("d")
            if has_reach:
                self.opens, self.closes = array("q"), array("d")
        self.wanted, self.has_reach = wanted, has_reach
        if grows:
            self.is_cut = False
        return grows

    def take(self, bar: Bar) -> bool:
        """A bar that is over, the next one or an earlier one; False where that changes nothing."""
        opens, open_ms, close = self.opens, bar[2], bar[6] / _ONE
        if not close:
            return False
        at = len(opens) if not opens or open_ms > opens[-1] else bisect_left(opens, open_ms)
        if at < len(opens) and opens[at] == open_ms:
            return self._replace(at, bar)
        if not at and self.is_cut:
            return False
        opens.insert(at, open_ms)
        self.closes.insert(at, close)
        if self.has_reach:
            self.highs.insert(at, bar[4] / _ONE)
            self.lows.insert(at, bar[5] / _ONE)
        self._changed(at)
        self._cut()
        return True

    def _replace(self, at: int, bar: Bar) -> bool:
        values = [(self.closes, bar[6] / _ONE)]
        if self.has_reach:
            values += [(self.highs, bar[4] / _ONE), (self.lows, bar[5] / _ONE)]
        if all(column[at] == value for column, value in values):
            return False
        for column, value in values:
            column[at] = value
        self._changed(at)
        return True

    def _changed(self, at: int) -> None:
        for run in self.runs:
            if at < run.done:
                run.restart()

    def _cut(self) -> None:
        """Let go what nobody wants, after the indicators have taken it in."""
        count = len(self.opens) - self.wanted
        if count * _SPARE <= self.wanted:
            return
        for run in self.runs:
            run.let_go(count)
        for column in (self.opens, self.highs, self.lows, self.closes):
            del column[:count]
        self.is_cut = True

    def erase(self, from_ms: int, to_ms: int) -> None:
        """No bar is known any more that opens between the two, but for the newest ones."""
        begin = bisect_left(self.opens, from_ms)
        end = min(bisect_left(self.opens, to_ms), len(self.opens) - FRESH)
        for column in (self.opens, self.highs, self.lows, self.closes):
            del column[begin : max(begin, end)]
        for run in self.runs:
            run.restart()

    def fill(self, columns: BarColumns) -> bool:
        """Put stored bars in their places; whether there were any to be held."""
        held = dict(zip(self.opens, range(len(self.opens)), strict=True))
        fresh = set(self.opens[-FRESH:])
        first_ms = self.opens[0] if self.is_cut else 0
        stored = {
            open_ms: at
            for at, open_ms in enumerate(columns.open_ms)
            if open_ms not in fresh and open_ms >= first_ms and columns.close[at] > 0
        }
        if not stored:
            return False
        order = sorted(held.keys() | stored.keys())
        sources = [(self.closes, columns.close)]
        if self.has_reach:
            sources += [(self.highs, columns.high), (self.lows, columns.low)]
        for column, new in sources:
            column[:] = array(
                "d", [new[stored[open_ms]] if open_ms in stored else column[held[open_ms]] for open_ms in order]
            )
        self.opens = array("q", order)
        for run in self.runs:
            run.restart()
        self._cut()
        return True

    def coverage(self, wanted: int, *, is_forming: bool) -> float:
        """Which part of the last bars is known."""
        have = min(len(self.opens), wanted)
        if not have:
            return 0.0
        first_ms, last_ms = self.opens[-have], self.opens[-1]
        period = self.period
        # Asked of every line of every frame; only months need the calendar.
        between = (last_ms - first_ms) // period.nominal_ms if period is not _MONTH else period.count(first_ms, last_ms)
        known, looked_at = have + is_forming, between + 1 + is_forming
        return min(1.0, known / (max(wanted, looked_at)))


class Run:
    """One indicator carried on over a series."""

    __slots__ = ("base", "done", "series", "state")

    def __init__(self, series: Series, fresh: Carried) -> None:
        self.series = series
        self.base = fresh
        """After the bars that were let go."""
        self.state = fresh.copy()
        """After those and the first `done` of the others."""
        self.done = 0

    def restart(self) -> None:
        """Begin anew with the first bar that is held."""
        self.state, self.done = self.base.copy(), 0

    def let_go(self, count: int) -> None:
        """The first bars will not be held any more."""
        self._feed(self.base, 0, count)
        if self.done < count:
            self.state, self.done = self.base.copy(), 0
        else:
            self.done -= count

    def value(self, bar: Bar | None) -> float | None:
        """The indicator with the current bar, or with the newest closed one where that is none or closed itself."""
        series = self.series
        opens = series.opens
        if bar is not None and bar[6] and (not opens or bar[2] > opens[-1]):
            self._reach(len(opens))
            close = bar[6] / _ONE
            if series.has_reach:
                return self.state.peek(bar[4] / _ONE, bar[5] / _ONE, close)
            return self.state.peek(close, close, close)
        if not opens:
            return None
        self._reach(len(opens) - 1)
        close = series.closes[-1]
        return self.state.peek(*((series.highs[-1], series.lows[-1]) if series.has_reach else (close, close)), close)

    def _reach(self, count: int) -> None:
        """Take in the first bars, and no more."""
        if self.done != count:
            if self.done > count:
                self.restart()
            self._feed(self.state, self.done, count)
            self.done = count

    def _feed(self, state: Carried, begin: int, end: int) -> None:
        series = self.series
        closes = series.closes
        highs, lows = (series.highs, series.lows) if series.has_reach else (closes, closes)
        for at in range(begin, end):
            state.feed(highs[at], lows[at], closes[at])
