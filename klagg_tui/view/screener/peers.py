"""Which BTC market each symbol is held against: of its own exchange, paid in the same quote, the one that trades most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.view.quotes import is_dollar

COINS: Final = frozenset({"BTC", "XBT"})
_LEAD: Final = 1.5
"""How many times as much another has to trade before it takes the place of the one that is held against."""


class Listed(NamedTuple):
    """What the listing says of a symbol."""

    venue: str
    base: str
    quote: str


class Peers:
    """The BTC markets of all exchanges."""

    def __init__(self, bars_of: Callable[[str], Sequence[Bar | None]]) -> None:
        self._bars_of = bars_of
        self._listed: dict[str, Listed] = {}
        self._chosen: dict[tuple[str, str], str] = {}

    def copy(self, bars_of: Callable[[str], Sequence[Bar | None]]) -> Peers:
        """As they are chosen now, with other bars."""
        twin = Peers(bars_of)
        twin._listed, twin._chosen = dict(self._listed), dict(self._chosen)
        return twin

    def learn(self, symbol: str, listed: Listed) -> bool:
        """Note what a symbol is; whether others may be held against another one now."""
        old = self._listed.get(symbol)
        self._listed[symbol] = listed
        return old != listed

    def forget(self, symbol: str) -> None:
        """The symbol is gone."""
        self._listed.pop(symbol, None)

    def choose(self) -> None:
        """Look again at who trades most."""
        of_venue: dict[str, list[str]] = defaultdict(list)
        for symbol, listed in self._listed.items():
            if listed.base.upper() in COINS:
                of_venue[listed.venue].append(symbol)
        self._chosen = {
            (venue, quote): self._best(quote, of_venue[venue], self._chosen.get((venue, quote)))
            for venue, quote in {(listed.venue, listed.quote) for listed in self._listed.values()}
            if of_venue.get(venue)
        }

    def of(self, symbol: str) -> str | None:
        """The BTC market that the symbol is held against."""
        listed = self._listed.get(symbol)
        return None if listed is None else self._chosen.get((listed.venue, listed.quote))

    def _best(self, quote: str, markets: list[str], before: str | None) -> str:
        of_quote = [symbol for symbol in markets if self._listed[symbol].quote == quote]
        of_dollars = [symbol for symbol in markets if is_dollar(self._listed[symbol].quote)]
        candidates = of_quote or of_dollars or markets
        best = max(sorted(candidates), key=self._turnover)
        if before is None or before not in candidates:
            return best
        return best if self._turnover(best) > _LEAD * self._turnover(before) else before

    def _turnover(self, symbol: str) -> int:
        """That of its longest current bar."""
        return next((bar.turnover for bar in reversed(self._bars_of(symbol)) if bar is not None), 0)
