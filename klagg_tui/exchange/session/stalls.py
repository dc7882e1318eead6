"""Symbols that are silent while their peers are not.

An acknowledgement proves nothing (a wrong name is acknowledged too), so each symbol is measured against its own usual pauses.
"""

from __future__ import annotations

from collections.abc import Collection

from klagg_tui.exchange.session.events import SymbolSilent
from klagg_tui.exchange.session.limits import FeedLimits

_CHECK_EVERY_MS = 1_000
_FADES = 8
"""A longer pause counts at once; each shorter one takes an eighth off."""


class StallDetector:
    """Finds the symbols of a connection that are silent for longer than usual.

    Args:
        limits: see there.
        pauses: longest pause of each symbol lately; passed on from one connection to the next.
    """

    def __init__(self, limits: FeedLimits, pauses: dict[str, int]) -> None:
        self.last_trade_ms: dict[str, int] = {}
        """When each symbol's last trade came; whoever takes in trades writes here, at no more cost than that."""
        self._limits = limits
        self._seen: dict[str, int] = {}
        self._pauses = pauses
        self._backoff: dict[str, int] = {}
        self._checked_ms = 0

    def is_due(self, now_ms: int) -> bool:
        """Whether it is time for another check."""
        return now_ms - self._checked_ms >= _CHECK_EVERY_MS

    def check(self, since_ms: dict[str, int], now_ms: int) -> list[SymbolSilent]:
        """Symbols that have become silent; `since_ms` has the acknowledged ones and when that was.

        A symbol that stays silent is reported again after twice the time, and twice that.
        """
        self._checked_ms = now_ms
        if now_ms - max(self.last_trade_ms.values(), default=0) >= self._limits.symbol_silent_ms:
            return []  # its peers are silent too, which is another matter
        return [silent for symbol, served_ms in since_ms.items() if (silent := self._judge(symbol, served_ms, now_ms))]

    @property
    def limit_ms(self) -> int:
        """Without any trade for so long the whole connection is silent, by the usual pause of its busiest symbol."""
        limits = self._limits
        if not self._pauses:
            return limits.symbol_silent_ms
        return max(limits.silent_ms, int(limits.times_usual * min(self._pauses.values())))

    def retain(self, symbols: Collection[str]) -> None:
        """Forget all others."""
        for known in (self.last_trade_ms, self._seen, self._pauses, self._backoff):
            for symbol in [symbol for symbol in known if symbol not in symbols]:
                del known[symbol]

    def _judge(self, symbol: str, served_ms: int, now_ms: int) -> SymbolSilent | None:
        traded_ms = self.last_trade_ms.get(symbol)
        if traded_ms is not None and traded_ms != self._seen.get(symbol):
            self._learn(symbol, traded_ms)
        since_ms = served_ms if traded_ms is None else traded_ms
        usual_ms = self._pauses.get(symbol)
        factor = self._backoff.get(symbol, 1)
        if now_ms - since_ms < self._symbol_limit_ms(symbol) * factor:
            return None
        self._backoff[symbol] = factor * 2
        return SymbolSilent(symbol, since_ms, None if traded_ms is None else (usual_ms or 0))

    def _learn(self, symbol: str, traded_ms: int) -> None:
        if symbol in self._seen:
            usual_ms = self._pauses.get(symbol, 0)
            # A silence that was reported is not usual.
            pause_ms = min(traded_ms - self._seen[symbol], self._symbol_limit_ms(symbol))
            self._pauses[symbol] = max(pause_ms, usual_ms - usual_ms // _FADES)
        self._seen[symbol] = traded_ms
        self._backoff.pop(symbol, None)

    def _symbol_limit_ms(self, symbol: str) -> int:
        return max(self._limits.symbol_silent_ms, int(self._limits.times_usual * self._pauses.get(symbol, 0)))
