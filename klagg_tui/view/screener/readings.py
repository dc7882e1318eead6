"""How each figure is read from the windows that count it: its value now, and how much of its window is known.

The window ends with the minute under way, which counts as its last: what is closed is one minute less. `forming` is the bar of
that minute, None where nothing is known of it yet.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.view.screener.extremes import Extreme, FirstKnown
from klagg_tui.view.screener.series import Run
from klagg_tui.view.screener.tape import Tape
from klagg_tui.view.screener.windows import PaidWindow, PairWindow, ReturnWindow, SumWindow, as_float

_ONE_PRICE: Final = 10**PRICE_DECIMALS
_PARTIAL: Final = State.PARTIAL


class Reading(ABC):
    """One figure of one symbol. `bars` are the symbol's current ones by `Period.ordinal`."""

    __slots__ = ()

    @abstractmethod
    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """The figure now; None where it is not known."""

    @abstractmethod
    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """Which part of what it looks at is known, 0 to 1."""


def newest_price(bars: Sequence[Bar | None]) -> Exact:
    """That of the minute, otherwise of the shortest period of which there is a bar; 0 where there is none."""
    minute = bars[0]
    return minute[6] if minute is not None else next((bar[6] for bar in bars if bar is not None), 0)


def share(tape: Tape, window: SumWindow | PaidWindow | ReturnWindow | PairWindow | Extreme, is_known: bool) -> float:
    """The known part of a window and the minute under way."""
    whole = max(0, window.known - tape.partial_in(window.lo, window.hi))
    return (whole + is_known) / (window.length + 1)


def is_whole(tape: Tape, forming: Bar | None) -> bool:
    """Whether all is known of the minute under way: before its first trade that is nothing."""
    return tape.end > 0 if forming is None else forming[12] is not _PARTIAL


class Sum(Reading):
    """A field added up."""

    __slots__ = ("field_of", "window")

    def __init__(self, window: SumWindow, field_of: Callable[[Bar], float]) -> None:
        self.window = window
        self.field_of = field_of

    def value(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        window = self.window
        if window.hi != window.tape.end:
            window.sync()
        if forming is not None:
            now = self.field_of(forming)
            if now == now:  # noqa: PLR0124 - NaN alone differs from itself
                return window.sum + now
        return window.sum if window.known or (not window.length and forming is None and window.tape.end) else None

    def coverage(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        window = self.window
        tape = window.tape
        if window.hi != tape.end:
            window.sync()
        if forming is None:
            is_known = tape.end > 0
        else:
            now = self.field_of(forming)
            is_known = now == now and forming[12] is not _PARTIAL  # noqa: PLR0124
        if tape.partial:
            return share(tape, window, is_known)
        return (window.known + is_known) / (window.length + 1)


class Change(Reading):
    """The newest price against the close before the window, or against the first price that is known after it."""

    __slots__ = ("first",)

    def __init__(self, first: FirstKnown) -> None:
        self.first = first

    def value(self, _forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        bar, first = bars[0], self.first
        if bar is None:
            return self._of_closed()
        if not bar[6]:
            return None
        first.sync()
        tape, closes = first.tape, first.closes
        before: Exact = int(closes.values[first.at % closes.size]) * tape.unit if first.at < tape.end else bar[3]
        return (bar[6] - before) * 100 / before

    def _of_closed(self) -> float | None:
        """The same up to the newest minute that is known, where no trade was seen."""
        first = self.first
        first.sync()
        tape, closes = first.tape, first.closes
        prices = [closes.values[minute % closes.size] for minute in range(first.at, tape.end)]
        newest = next((price for price in reversed(prices) if price), 0)
        return (newest - prices[0]) * 100 / prices[0] if newest else None

    def coverage(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        first = self.first
        first.sync()
        known, wanted = first.tape.end - first.at, first.length
        return known / wanted if known < wanted else 1.0


class Highest(Reading):
    """The highest price, or the lowest."""

    __slots__ = ("extreme",)

    def __init__(self, extreme: Extreme) -> None:
        self.extreme = extreme

    def exact(self, forming: Bar | None) -> Exact:
        """The price; 0 where none is known."""
        extreme = self.extreme
        if extreme.hi != extreme.tape.end:
            extreme.sync()
        price = extreme.ticks() * extreme.tape.unit
        if forming is None or not forming[6]:
            return price
        if extreme.sign > 0:
            return max(price, forming[4])
        return min(price, forming[5]) if price else forming[5]

    def value(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        price = self.exact(forming)
        return price / _ONE_PRICE if price else None

    def coverage(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        self.extreme.sync()
        return share(self.extreme.tape, self.extreme, is_whole(self.extreme.tape, forming))


class Reach(Reading):
    """The highest price against the lowest, in percent."""

    __slots__ = ("highest", "lowest")

    def __init__(self, highest: Highest, lowest: Highest) -> None:
        self.highest, self.lowest = highest, lowest

    def value(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        low = self.lowest.exact(forming)
        return (self.highest.exact(forming) - low) * 100 / low if low else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self.lowest.coverage(forming, bars)


class Distance(Reading):
    """The newest price against the highest or lowest, in percent."""

    __slots__ = ("highest",)

    def __init__(self, highest: Highest) -> None:
        self.highest = highest

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        price, newest = self.highest.exact(forming), newest_price(bars)
        return (newest - price) * 100 / price if price and newest else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self.highest.coverage(forming, bars)


class Vwap(Reading):
    """Turnover by volume."""

    __slots__ = ("turnover_of", "volume_of", "window")

    def __init__(
        self, window: PaidWindow, turnover_of: Callable[[Bar], float], volume_of: Callable[[Bar], float]
    ) -> None:
        self.window = window
        self.turnover_of, self.volume_of = turnover_of, volume_of

    def value(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        window = self.window
        if window.hi != window.tape.end:
            window.sync()
        paid, amount = as_float(window.paid), as_float(window.amount)
        if forming is not None:
            now = self.turnover_of(forming)
            if now == now:  # noqa: PLR0124
                paid, amount = paid + now, amount + self.volume_of(forming)
        return paid / amount if amount else None

    def coverage(self, forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        window = self.window
        window.sync()
        now = 0.0 if forming is None else self.turnover_of(forming)
        return share(window.tape, window, now == now and is_whole(window.tape, forming))  # noqa: PLR0124


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
        return now * known / (usual * (newest.length + 1)) if now is not None and usual else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self.all.coverage(forming, bars)


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


class Carry(Reading):
    """An indicator on the bars of a period."""

    __slots__ = ("ordinal", "run", "wanted")

    def __init__(self, run: Run, wanted: int) -> None:
        self.run = run
        self.wanted = wanted
        self.ordinal = run.series.period.ordinal

    def value(self, _forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        return self.run.value(bars[self.ordinal])

    def coverage(self, _forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        bar, opens = bars[self.ordinal], self.run.series.opens
        return self.run.series.coverage(self.wanted, is_forming=bar is not None and bool(opens) and bar[2] > opens[-1])
