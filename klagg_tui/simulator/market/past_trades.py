"""The published trades of a symbol: from an id on, of a time, or the newest, as far back as a venue hands them out."""

from __future__ import annotations

from typing import Final

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.market import Market, Trade

_BACK: Final = 120
"""Minutes in which an id is looked for first."""


class PastTrades:
    """Looks trades up; `reach_ms`: how far back they can be had."""

    def __init__(self, market: Market, reach_ms: int) -> None:
        self._market = market
        self._reach_ms = reach_ms

    def from_id(self, symbol: str, from_id: int, limit: int, now_ms: int) -> list[Trade]:
        """At most `limit` from an id on, oldest first; none where the id is not within reach."""
        minute = self._minute_of(symbol, from_id, now_ms)
        if minute is None:
            return []
        return self._ahead(symbol, minute, limit, from_id, now_ms)

    def between(self, symbol: str, start_ms: int, end_ms: int, limit: int, now_ms: int) -> list[Trade]:
        """At most `limit` that were traded from `start_ms` to `end_ms`, both included, oldest first."""
        start_ms = max(start_ms, now_ms - self._reach_ms)
        found: list[Trade] = []
        for at in self._market.traded(symbol, start_ms // MINUTE_MS, min(end_ms, now_ms) // MINUTE_MS + 1):
            trades = self._market.trades(symbol, at)
            found += [trade for trade in trades if start_ms <= trade.traded_ms <= end_ms and trade.event_ms <= now_ms]
            if len(found) >= limit:
                break
        return found[:limit]

    def until(self, symbol: str, end_ms: int, limit: int, now_ms: int) -> list[Trade]:
        """The last `limit` that were traded by `end_ms`, oldest first."""
        found: list[Trade] = []
        oldest = self._oldest(now_ms)
        at = self._market.traded_before(symbol, min(end_ms, now_ms) // MINUTE_MS + 1)
        while len(found) < limit and at is not None and at >= oldest:
            trades = self._market.trades(symbol, at)
            found[:0] = [trade for trade in trades if trade.traded_ms <= end_ms and trade.event_ms <= now_ms]
            at = self._market.traded_before(symbol, at)
        return found[-limit:]

    def before_id(self, symbol: str, before_id: int, limit: int, now_ms: int) -> list[Trade]:
        """The last `limit` with ids below `before_id`, oldest first; none where it is not within reach."""
        minute = self._minute_of(symbol, before_id - 1, now_ms)
        if minute is None and before_id > self._market.first_id(symbol, now_ms // MINUTE_MS + 1):
            minute = self._market.traded_before(symbol, now_ms // MINUTE_MS + 1)
        found: list[Trade] = []
        at = minute
        while len(found) < limit and at is not None and at >= self._oldest(now_ms):
            trades = self._market.trades(symbol, at)
            found[:0] = [trade for trade in trades if trade.aggregate_id < before_id and trade.event_ms <= now_ms]
            at = self._market.traded_before(symbol, at)
        return found[-limit:]

    def _minute_of(self, symbol: str, trade_id: int, now_ms: int) -> int | None:
        """Which minute holds an id, looked for further and further back: ids of long ago take long to count."""
        end = now_ms // MINUTE_MS + 1
        oldest = max(self._oldest(now_ms), self._market.lives[symbol].at(end - 1).listing.listed_minute)
        first, back = end, _BACK
        while first > oldest:
            first, back = max(oldest, end - back), back * 4
            if self._market.first_id(symbol, first) <= trade_id:
                break
        return self._market.minute_of(symbol, trade_id, first, end)

    def _oldest(self, now_ms: int) -> int:
        return max(0, now_ms - self._reach_ms) // MINUTE_MS

    def _ahead(self, symbol: str, minute: int, limit: int, from_id: int, now_ms: int) -> list[Trade]:
        found: list[Trade] = []
        for at in self._market.traded(symbol, minute, now_ms // MINUTE_MS + 1):
            trades = self._market.trades(symbol, at)
            found += [trade for trade in trades if trade.aggregate_id >= from_id and trade.event_ms <= now_ms]
            if len(found) >= limit:
                break
        return found[:limit]
