"""Symbols that are silent while their peers are not.

An acknowledgement proves nothing (a wrong name is acknowledged too), so each symbol is measured against its own usual pauses.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from klagg_tui.exchange.session.events import SymbolSilent
from klagg_tui.exchange.session.limits import FeedLimits

_CHECK_EVERY_MS: Final = 1_000
_FADES: Final = 8
"""A longer pause counts at once; each shorter one takes an eighth off."""
_REPORT_EVERY_MS: Final = 5_000
"""Between two symbols that are reported: each costs a request, and in a thin market hundreds are silent at once."""
_QUIET_FADES: Final = 512
"""A pause of the whole market is forgotten more slowly: each second with trades takes so small a part off."""


class Pauses:
    """What is usual, passed on from one connection to the next."""

    def __init__(self) -> None:
        self.longest_ms: dict[str, int] = {}
        """Longest pause of each symbol lately."""
        self.market_ms = 0
        """Longest pause of all together lately, shown to be real: a second connection brought nothing either."""


class StallDetector:
    """Finds the symbols of a connection that are silent for longer than usual.

    Args:
        limits: see there.
        pauses: what is usual.
    """

    def __init__(self, limits: FeedLimits, pauses: Pauses) -> None:
        self.last_trade_ms: dict[str, int] = {}
        """When each symbol's last trade came; whoever takes in trades writes here, at no more cost than that."""
        self._limits = limits
        self._seen: dict[str, int] = {}
        self._usual = pauses
        self._pauses = pauses.longest_ms
        self._backoff: dict[str, int] = {}
        self._checked_ms = 0
        self._reported_ms = 0
        self._newest_ms = 0

    def is_due(self, now_ms: int) -> bool:
        """Whether it is time for another check."""
        return now_ms - self._checked_ms >= _CHECK_EVERY_MS

    def check(self, since_ms: dict[str, int], now_ms: int) -> list[SymbolSilent]:
        """The symbol that has become silent, if any; `since_ms` has the acknowledged ones and when that was.

        Of several, those that used to trade come first, and of those the one that is overdue most; the others come later.
        A symbol that stays silent is reported again after twice the time, and twice that.
        """
        self._checked_ms = now_ms
        newest_ms = max(self.last_trade_ms.values(), default=0)
        if newest_ms != self._newest_ms:
            self._newest_ms = newest_ms
            self._usual.market_ms -= -(-self._usual.market_ms // _QUIET_FADES)
        for symbol, traded_ms in self.last_trade_ms.items():
            if traded_ms != self._seen.get(symbol):
                self._learn(symbol, traded_ms)
        if now_ms - newest_ms >= self._limits.symbol_silent_ms:
            return []  # its peers are silent too, which is another matter
        if now_ms - self._reported_ms < min(_REPORT_EVERY_MS, self._limits.symbol_silent_ms):
            return []
        overdue = [
            (symbol in self.last_trade_ms, times, symbol)
            for symbol, served_ms in since_ms.items()
            if (times := self._overdue(symbol, served_ms, now_ms)) >= 1
        ]
        if not overdue:
            return []
        symbol = max(overdue)[2]
        return [self._reported(symbol, since_ms[symbol], now_ms)]

    @property
    def limit_ms(self) -> int:
        """Without any trade for so long the whole connection is silent, by the usual pause of its busiest symbol.

        In a market that was seen to rest, it is twice that rest, up to a bound.
        """
        limits = self._limits
        own_ms = limits.symbol_silent_ms
        if self._pauses:
            own_ms = max(limits.silent_ms, int(limits.times_usual * min(self._pauses.values())))
        return max(own_ms, min(2 * self._usual.market_ms, limits.longest_quiet_ms))

    def retain(self, symbols: Collection[str]) -> None:
        """Forget all others."""
        for known in (self.last_trade_ms, self._seen, self._pauses, self._backoff):
            for symbol in [symbol for symbol in known if symbol not in symbols]:
                del known[symbol]

    def _overdue(self, symbol: str, served_ms: int, now_ms: int) -> float:
        """How long it is silent, as a multiple of the time after which it is to be reported next."""
        limit_ms = self._symbol_limit_ms(symbol) * self._backoff.get(symbol, 1)
        return (now_ms - self.last_trade_ms.get(symbol, served_ms)) / limit_ms

    def _reported(self, symbol: str, served_ms: int, now_ms: int) -> SymbolSilent:
        self._reported_ms = now_ms
        self._backoff[symbol] = 2 * self._backoff.get(symbol, 1)
        traded_ms = self.last_trade_ms.get(symbol)
        if traded_ms is None:
            return SymbolSilent(symbol, served_ms, None)
        return SymbolSilent(symbol, traded_ms, self._pauses.get(symbol, 0))

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
