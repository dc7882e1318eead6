"""The minute under way of each symbol that klines, tickers and best prices are sent of, added up trade by trade.

Trades are made for it a second time beside those of the trade streams, so nothing is spent here while nobody asks for more
than trades. The next minute is made bit by bit during the present one, as in `feed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.klines import NOTHING, Klines, Published, Sums, added
from klagg_tui.simulator.market.market import LATEST_MS

_READY_BY: Final = 0.95
"""Part of a minute after which the next one is made for every symbol."""


class RunningMinute:
    """One symbol's minute under way."""

    __slots__ = ("_at", "_published", "before", "last", "minute", "seen", "sums")

    def __init__(self) -> None:
        self.minute = 0
        self.sums = NOTHING
        """What is published of it."""
        self.last: Published | None = None
        """The latest trade, of this minute or an earlier one."""
        self.before: Published | None = None
        """The last trade before this minute."""
        self.seen = 0
        """Grows with every trade."""
        self._published: list[Published] = []
        self._at = 0

    def turn(self, minute: int, published: list[Published], before: Published | None) -> None:
        """Go on to another minute; `before` is the last trade ahead of it."""
        if before != self.last:
            self.seen += 1
        self.minute, self._published, self._at = minute, published, 0
        self.sums, self.last, self.before = NOTHING, before, before

    def advance(self, now_ms: int) -> None:
        """Add what is published by now."""
        first, published = self._at, self._published
        while self._at < len(published) and published[self._at].event_ms <= now_ms:
            self._at += 1
        if self._at > first:
            new = published[first : self._at]
            self.sums = _together(self.sums, added([trade.row for trade in new]))
            self.last = new[-1]
            self.seen += len(new)


class RunningMinutes:
    """The minutes under way of the followed symbols."""

    def __init__(self, klines: Klines) -> None:
        self._klines = klines
        self._minutes: dict[str, RunningMinute] = {}
        self._next: dict[str, list[Published]] = {}
        self.minute = 0
        """The present one: the minute before is complete, so it begins a moment late."""

    def follow(self, symbols: Iterable[str]) -> None:
        """Follow these and no others."""
        self._minutes = {symbol: self._minutes.get(symbol) or RunningMinute() for symbol in symbols}
        self._next = {symbol: made for symbol, made in self._next.items() if symbol in self._minutes}

    def of(self, symbol: str) -> RunningMinute:
        """That of a followed symbol."""
        return self._minutes[symbol]

    def advance(self, now_ms: int) -> None:
        """Bring every followed symbol up to now."""
        minute = (now_ms - LATEST_MS) // MINUTE_MS
        if minute != self.minute:
            self._next = self._next if minute == self.minute + 1 else {}
            self.minute = minute
        for symbol, running in self._minutes.items():
            if running.minute != minute:
                published = self._next.pop(symbol, None)
                if published is None:
                    published = self._klines.published(symbol, minute)
                running.turn(minute, published, self._klines.last_before(symbol, minute))
            running.advance(now_ms)
        self._prepare((now_ms - LATEST_MS) % MINUTE_MS / MINUTE_MS)

    def _prepare(self, elapsed: float) -> None:
        ready = int(len(self._minutes) * min(1.0, elapsed / _READY_BY))
        if len(self._next) >= ready:
            return
        for symbol in self._minutes:
            if symbol not in self._next:
                self._next[symbol] = self._klines.published(symbol, self.minute + 1)
                if len(self._next) >= ready:
                    return


def _together(earlier: Sums, later: Sums) -> Sums:
    """Both of them as one, where `later` has trades."""
    if not earlier.volume:
        return later
    return Sums(
        earlier.open,
        max(earlier.high, later.high),
        min(earlier.low, later.low),
        later.close,
        *(one + other for one, other in zip(earlier[4:], later[4:], strict=True)),
    )
