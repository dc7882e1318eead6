"""The figures worked out the plain way, from all minutes at once: what every window has to equal."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from klagg_tui.engine.bar import Bar, State
from klagg_tui.evidence import Evidence

MINUTE = 60_000


class Plain:
    """Closed minutes by their number, the one under way, and the same of BTC."""

    def __init__(
        self,
        minutes: Mapping[int, Bar],
        end: int,
        forming: Bar | None,
        *,
        peer: Plain | None = None,
        now_ms: int = 0,
    ) -> None:
        self.minutes, self.end, self.forming = minutes, end, forming
        self.peer, self.now_ms = peer, now_ms

    def value(self, key: str, args: Sequence[Any]) -> float | None:
        found: float | None = getattr(self, f"_{key}")(*args)
        return found

    def coverage(self, key: str, args: Sequence[Any]) -> float | None:
        """Which part of the window is known; None where the law does not say."""
        field = FIELDS.get(key)
        length: int = args[0] if args else 0
        if not self.end:
            return 0.0
        if key == "chg":
            first = next((minute for minute in range(self.end - length, self.end) if minute in self.minutes), self.end)
            return (self.end - first) / length
        if field is None:
            return None
        closed = range(self.end - length + 1, self.end)
        known = sum(
            field(bar) is not None and bar.state is not State.PARTIAL
            for minute in closed
            if (bar := self.minutes.get(minute))
        )
        # A minute that is partial and lacks the field is counted off once more than it should: no venue makes such ones.
        doubly = sum(
            field(bar) is None and bar.state is State.PARTIAL for minute in closed if (bar := self.minutes.get(minute))
        )
        now = self.forming is None or (self.forming.state is not State.PARTIAL and field(self.forming) is not None)
        return (max(0, known - doubly) + now) / length

    def bar(self, minute: int) -> Bar | None:
        return self.forming if minute == self.end else self.minutes.get(minute)

    def window(self, length: int, before: int = 0) -> list[Bar]:
        """What is known of the last minutes, the one under way the last of them."""
        last = self.end - before
        return [bar for minute in range(last - length + 1, last + 1) if (bar := self.bar(minute))]

    def last(self) -> Bar | None:
        return self.forming or self.minutes.get(self.end - 1)

    def close(self, minute: int) -> float | None:
        bar = self.bar(minute)
        return bar.close / 1e12 if bar else None

    def _chg(self, length: int) -> float | None:
        last = self.last()
        if last is None:
            return None
        closes = [self.close(minute) for minute in range(self.end - length, self.end)]
        before = next((close for close in closes if close), last.open / 1e12)
        return (last.close / 1e12 / before - 1) * 100

    def _sum(self, length: int, field: Callable[[Bar], float | None], before: int = 0) -> tuple[float, int] | None:
        values = [value for bar in self.window(length, before) if (value := field(bar)) is not None]
        return (math.fsum(values), len(values)) if values else None

    def _first(self, length: int, field: Callable[[Bar], float | None]) -> float | None:
        found = self._sum(length, field)
        if found is None:
            return 0.0 if length == 1 and self.forming is None and self.end else None
        return found[0]

    def _turnover(self, length: int) -> float | None:
        return self._first(length, turnover)

    def _vol(self, length: int) -> float | None:
        return self._first(length, volume)

    def _trades(self, length: int) -> float | None:
        return self._first(length, trades)

    def _delta(self, length: int) -> float | None:
        return self._first(length, delta)

    def _cvd(self, length: int) -> float | None:
        return self._first(length, cvd)

    def _high(self, length: int) -> float | None:
        return max((bar.high / 1e12 for bar in self.window(length)), default=None)

    def _low(self, length: int) -> float | None:
        return min((bar.low / 1e12 for bar in self.window(length)), default=None)

    def _range(self, length: int) -> float | None:
        high, low = self._high(length), self._low(length)
        return None if high is None or low is None else (high / low - 1) * 100

    def _from_high(self, length: int) -> float | None:
        high, last = self._high(length), self.last()
        return None if high is None or last is None else (last.close / 1e12 / high - 1) * 100

    def _from_low(self, length: int) -> float | None:
        low, last = self._low(length), self.last()
        return None if low is None or last is None else (last.close / 1e12 / low - 1) * 100

    def _vwap(self, length: int) -> float | None:
        known = [bar for bar in self.window(length) if turnover(bar) is not None]
        amount = math.fsum(bar.volume / 1e8 for bar in known)
        return math.fsum(bar.turnover / 1e20 for bar in known) / amount if amount else None

    def _part(self, length: int, field: Callable[[Bar], float | None]) -> float:
        """Which part of a field is known, as `coverage` has it."""
        closed = [bar for minute in range(self.end - length + 1, self.end) if (bar := self.minutes.get(minute))]
        known = sum(field(bar) is not None for bar in closed) - sum(bar.state is State.PARTIAL for bar in closed)
        now = self.forming is None or (self.forming.state is not State.PARTIAL and field(self.forming) is not None)
        return (max(0, known) + now) / length

    def _rvol(self, length: int, count: int) -> float | None:
        paid, amount = (self._part(length * (count + 1), field) for field in (turnover, volume))
        field = volume if paid < 0.99 and amount > paid else turnover
        now = self._first(length, field)
        usual = self._sum(length * count, field, before=length)
        if now is None or usual is None or not usual[0]:
            return None
        return now / (usual[0] / usual[1] * length)

    def _speed(self) -> float | None:
        usual = self._sum(60, trades, before=1)
        before = self.minutes.get(self.end - 1)
        if usual is None or not usual[0] or before is None or trades(before) is None:
            return None
        elapsed = min(max(self.now_ms / MINUTE - self.end, 0.0), 1.0)
        begun = trades(self.forming) if self.forming else 0.0
        if begun is None:
            return None
        now = before.trade_count * (1 - elapsed) + begun
        return now / (usual[0] / usual[1])

    def log_return(self, minute: int) -> float | None:
        close, before = self.close(minute), self.close(minute - 1)
        return math.log(close / before) if close and before else None

    def _volatility(self, length: int) -> float | None:
        returns = [
            change
            for minute in range(self.end - length + 1, self.end + 1)
            if (change := self.log_return(minute)) is not None
        ]
        return float(statistics.stdev(returns) * math.sqrt(1440) * 100) if len(returns) > 2 else None

    def _pairs(self, length: int) -> list[tuple[float, float]]:
        assert self.peer is not None
        found = []
        for minute in range(self.end - length + 1, self.end + 1):
            ours, theirs = self.log_return(minute), self.peer.log_return(minute)
            if minute < self.end and minute == self.peer.end:
                continue  # over for one of them, under way for the other
            if ours is not None and theirs is not None:
                found.append((ours, theirs))
        return found

    def _corr(self, length: int) -> float | None:
        pairs = self._pairs(length)
        if len(pairs) < 3 or any(max(side) - min(side) < 1e-15 for side in zip(*pairs, strict=True)):
            return None
        return float(statistics.correlation(*zip(*pairs, strict=True)))

    def _beta(self, length: int) -> float | None:
        pairs = self._pairs(length)
        if len(pairs) < 3:
            return None
        ours, theirs = zip(*pairs, strict=True)
        if max(theirs) - min(theirs) < 1e-15:
            return None
        return float(statistics.covariance(ours, theirs) / statistics.variance(theirs))


def turnover(bar: Bar) -> float | None:
    return None if bar.evidence & Evidence.NO_TURNOVER else bar.turnover / 1e20


def volume(bar: Bar) -> float | None:
    return bar.volume / 1e8


def trades(bar: Bar) -> float | None:
    return None if bar.evidence & Evidence.NO_COUNT else float(bar.trade_count)


def delta(bar: Bar) -> float | None:
    if bar.evidence & (Evidence.NO_TURNOVER | Evidence.NO_TAKER_TURNOVER):
        return None
    return (2 * bar.taker_buy_turnover - bar.turnover) / 1e20


def cvd(bar: Bar) -> float | None:
    if bar.evidence & Evidence.NO_TAKER_VOLUME:
        return None
    return (2 * bar.taker_buy_volume - bar.volume) / 1e8


def close(bar: Bar) -> float | None:
    return bar.close / 1e12


FIELDS: dict[str, Callable[[Bar], float | None]] = {
    "turnover": turnover,
    "vol": volume,
    "trades": trades,
    "delta": delta,
    "cvd": cvd,
    "vwap": turnover,
    "high": close,
    "low": close,
    "range": close,
    "from_high": close,
    "from_low": close,
}
