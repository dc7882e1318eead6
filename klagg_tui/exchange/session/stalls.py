"""Symbols that are silent while their peers are not.

An acknowledgement proves nothing (a wrong name is acknowledged too), so each symbol is measured against its own habit.
"""

from __future__ import annotations

from collections.abc import Collection

from klagg_tui.exchange.session.events import SymbolSilent
from klagg_tui.exchange.session.limits import FeedLimits

_LOOK_EVERY_MS = 1_000
_FORGETS = 8
"""A longer pause counts at once, shorter ones make it forgotten by an eighth each."""


class StallDetector:
    """The usual pauses of each symbol of a connection.

    Args:
        limits: see there.
        usual: longest pause of each symbol lately, learned by earlier connections and taught to later ones.
    """

    def __init__(self, limits: FeedLimits, usual: dict[str, int]) -> None:
        self.heard: dict[str, int] = {}
        """When each symbol was last heard; whoever takes in trades writes here, at no more cost than that."""
        self._limits = limits
        self._seen: dict[str, int] = {}
        self._usual = usual
        self._patience: dict[str, int] = {}
        self._looked_ms = 0

    def is_due(self, now_ms: int) -> bool:
        """Whether it is time to look again."""
        return now_ms - self._looked_ms >= _LOOK_EVERY_MS

    def look(self, since_ms: dict[str, int], now_ms: int) -> list[SymbolSilent]:
        """Symbols that have become silent; `since_ms` has the acknowledged ones and when that was.

        A silent symbol is told again after twice the time, and twice that.
        """
        self._looked_ms = now_ms
        if now_ms - max(self.heard.values(), default=0) >= self._limits.symbol_silent_ms:
            return []  # its peers are silent too, which is another matter
        return [silent for symbol, served_ms in since_ms.items() if (silent := self._judge(symbol, served_ms, now_ms))]

    @property
    def bound_ms(self) -> int:
        """Without any trade for so long the whole connection is silent, by the habit of its busiest symbol."""
        limits = self._limits
        if not self._usual:
            return limits.symbol_silent_ms
        return max(limits.silent_ms, int(limits.times_usual * min(self._usual.values())))

    def keep(self, symbols: Collection[str]) -> None:
        """Forget all others."""
        for habit in (self.heard, self._seen, self._usual, self._patience):
            for symbol in [symbol for symbol in habit if symbol not in symbols]:
                del habit[symbol]

    def _judge(self, symbol: str, served_ms: int, now_ms: int) -> SymbolSilent | None:
        heard_ms = self.heard.get(symbol)
        if heard_ms is not None and heard_ms != self._seen.get(symbol):
            self._learn(symbol, heard_ms)
        since_ms = served_ms if heard_ms is None else heard_ms
        usual_ms = self._usual.get(symbol)
        told = self._patience.get(symbol, 1)
        if now_ms - since_ms < self._symbol_bound_ms(symbol) * told:
            return None
        self._patience[symbol] = told * 2
        return SymbolSilent(symbol, since_ms, None if heard_ms is None else (usual_ms or 0))

    def _learn(self, symbol: str, heard_ms: int) -> None:
        if symbol in self._seen:
            usual_ms = self._usual.get(symbol, 0)
            # A silence that was told is no habit.
            pause_ms = min(heard_ms - self._seen[symbol], self._symbol_bound_ms(symbol))
            self._usual[symbol] = max(pause_ms, usual_ms - usual_ms // _FORGETS)
        self._seen[symbol] = heard_ms
        self._patience.pop(symbol, None)

    def _symbol_bound_ms(self, symbol: str) -> int:
        return max(self._limits.symbol_silent_ms, int(self._limits.times_usual * self._usual.get(symbol, 0)))
