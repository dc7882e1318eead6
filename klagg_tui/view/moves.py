"""Who moved first: the prices of one coin at several exchanges over the last minute. Pure.

The rule, which the screen states too: the coin's move is the median of its markets' moves over the last 60 seconds. A market
has moved once its price has gone half of that; the one whose trade did so earliest moved first. Prices are looked at five
times a second and stand at the time of the newest trade by its exchange's clock, so leads of less than that mean little.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final, NamedTuple

from klagg_tui.engine.exact import Exact

WINDOW_MS: Final = 60_000
LEAST_MOVE_BP: Final = 2.0
"""Basis points; a coin that moved less has not moved."""
_NEEDED: Final = 2
"""Markets, for one to be the first."""


class Moved(NamedTuple):
    """The coin's move, and when each market made half of it."""

    basis_points: float
    """Median over the markets, positive upward."""
    crossed_ms: Mapping[str, int]
    """By symbol, for those that went half of it."""

    @property
    def first(self) -> str | None:
        """The symbol that was first; None where fewer than two moved."""
        if len(self.crossed_ms) < _NEEDED:
            return None
        return min(self.crossed_ms, key=lambda symbol: (self.crossed_ms[symbol], symbol))

    def behind_ms(self, symbol: str) -> int | None:
        """How long after the first it moved; None where it has not, or none was first."""
        first = self.first
        at_ms = self.crossed_ms.get(symbol)
        return None if first is None or at_ms is None else at_ms - self.crossed_ms[first]


NO_MOVE: Final = Moved(0.0, {})


class PriceTrails:
    """The prices of some symbols over the last minute, each with the time of its trade."""

    def __init__(self) -> None:
        self._trails: dict[str, deque[tuple[int, Exact]]] = {}
        self._since_ms: int | None = None

    def note(self, symbol: str, traded_ms: int, price: Exact) -> None:
        """The newest trade of a symbol, as often as one looks; what was noted already counts once."""
        trail = self._trails.setdefault(symbol, deque())
        if trail and traded_ms <= trail[-1][0]:
            return
        trail.append((traded_ms, price))
        while len(trail) > 1 and trail[1][0] <= traded_ms - WINDOW_MS:
            trail.popleft()

    def watched_ms(self, now_ms: int) -> int:
        """For how much of the last minute prices were looked at; it begins with the first call."""
        self._since_ms = now_ms if self._since_ms is None else self._since_ms
        return min(WINDOW_MS, max(0, now_ms - self._since_ms))

    def moved(self, symbols: Iterable[str], now_ms: int) -> Moved:
        """What those symbols did in the minute before `now_ms`."""
        paths = {symbol: path for symbol in symbols if len(path := self._path(symbol, now_ms)) > 0}
        if len(paths) < _NEEDED:
            return NO_MOVE
        moves = {
            symbol: [(at_ms, _basis_points(path[0][1], price)) for at_ms, price in path]
            for symbol, path in paths.items()
        }
        common = median(steps[-1][1] for steps in moves.values())
        if abs(common) < LEAST_MOVE_BP:
            return Moved(common, {})
        half = common / 2
        crossed = {symbol: at_ms for symbol, steps in moves.items() if (at_ms := _crossing(steps, half)) is not None}
        return Moved(common, crossed)

    def _path(self, symbol: str, now_ms: int) -> list[tuple[int, Exact]]:
        """Its prices from the one that held when the minute began."""
        trail = [step for step in self._trails.get(symbol, ()) if step[0] <= now_ms]
        begin = max((place for place, step in enumerate(trail) if step[0] <= now_ms - WINDOW_MS), default=0)
        return trail[begin:]


def _basis_points(before: Exact, after: Exact) -> float:
    return (after - before) * 10_000 / before


def _crossing(steps: Iterable[tuple[int, float]], half: float) -> int | None:
    return next((at_ms for at_ms, move in steps if (move >= half if half > 0 else move <= half)), None)
