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
from klagg_tui.view.screener.extremes import Extreme, FirstKnown
from klagg_tui.view.screener.longer import ALMOST, Longer, Start
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


class Known(Reading):
    """A figure that is told as soon as enough of its window is known: of less it would be that of a shorter window."""

    __slots__ = ("_checked", "_has_enough", "enough", "own", "tape")

    def __init__(self, own: Reading, tape: Tape, enough: float) -> None:
        self.own, self.tape, self.enough = own, tape, enough
        self._checked, self._has_enough = -1, False

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        if self._checked != self.tape.end or not self._has_enough:
            self._checked = self.tape.end
            self._has_enough = self.own.coverage(forming, bars) >= self.enough
        return self.own.value(forming, bars) if self._has_enough else None

    def recheck(self) -> None:
        """History has come, or was taken back."""
        self._checked = -1

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self.own.coverage(forming, bars)


class Sum(Reading):
    """A field added up."""

    __slots__ = ("field_of", "longer", "window")

    def __init__(self, window: SumWindow, field_of: Callable[[Bar], float], longer: Longer | None = None) -> None:
        self.window = window
        self.field_of = field_of
        self.longer = longer
        """What stands in for minutes that are not known, for a window of more than an hour."""

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        longer = self.longer
        if longer is not None and longer.sync():
            under_way = longer.under_way(bars)
            if under_way is not None:
                return longer.sums[0] + self.field_of(under_way) * longer.share
            if longer.minutes:
                return longer.sums[0] + (self._of_minutes(forming) or 0.0)
        return self._of_minutes(forming)

    def _of_minutes(self, forming: Bar | None) -> float | None:
        window = self.window
        if window.hi != window.tape.end:
            window.sync()
        if forming is not None:
            now = self.field_of(forming)
            if now == now:  # noqa: PLR0124 - NaN alone differs from itself
                return window.sum + now
        return window.sum if window.known or (not window.length and forming is None and window.tape.end) else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
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
        known = share(tape, window, is_known) if tape.partial else (window.known + is_known) / (window.length + 1)
        return known if self.longer is None else self.longer.part(known, bars)


class Change(Reading):
    """The newest price against the close before the window, or against the known one that is nearest to it."""

    __slots__ = ("first", "start")

    def __init__(self, first: FirstKnown, start: Start | None = None) -> None:
        self.first = first
        self.start = start
        """Closes of longer bars, for a window of more than an hour."""

    def value(self, _forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        bar = bars[0]
        if bar is not None and not bar[6]:
            return None
        self.first.sync()
        newest = self._newest_closed() if bar is None else bar[6]
        before = self._before() or (0 if bar is None else bar[3])
        return (newest - before) * 100 / before if newest and before else None

    def _before(self) -> Exact:
        """The price that it is held against; 0 where none is known."""
        first, start = self.first, self.start
        tape, closes = first.tape, first.closes
        if start is not None and self._distance() < first.at - tape.end + first.length:
            return start.price
        return int(closes.values[first.at % closes.size]) * tape.unit if first.at < tape.end else 0

    def _newest_closed(self) -> Exact:
        """The close of the newest minute that is known, where no trade was seen; 0 where none is."""
        tape, closes = self.first.tape, self.first.closes
        minutes = range(tape.end - 1, self.first.at - 1, -1)
        newest = next((price for minute in minutes if (price := closes.values[minute % closes.size])), 0)
        return int(newest) * tape.unit

    def _distance(self) -> int:
        """How many minutes from the window's beginning the nearest close is, as far as those of longer bars go."""
        if self.start is None:
            return self.first.length
        self.start.sync()
        return self.start.distance

    def coverage(self, _forming: Bar | None, _bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        first = self.first
        first.sync()
        distance, length = first.at - first.tape.end + first.length, first.length
        if distance <= 0:
            return 1.0
        nearest = self._distance()
        if nearest < distance:
            return 1.0 if not nearest else min(ALMOST, 1 - nearest / length)
        return 1 - distance / length


class Highest(Reading):
    """The highest price, or the lowest."""

    __slots__ = ("extreme", "longer")

    def __init__(self, extreme: Extreme, longer: Longer | None = None) -> None:
        self.extreme = extreme
        self.longer = longer
        """See `Sum`."""

    def exact(self, forming: Bar | None, bars: Sequence[Bar | None]) -> Exact:
        """The price; 0 where none is known."""
        extreme, longer = self.extreme, self.longer
        if extreme.hi != extreme.tape.end:
            extreme.sync()
        price = self._with(extreme.ticks() * extreme.tape.unit, forming)
        if longer is not None and longer.sync():
            price = self._with(price, longer.under_way(bars))
            if longer.extreme:
                pick = max if extreme.sign > 0 else min
                price = pick(price or longer.extreme, longer.extreme)
        return price

    def _with(self, price: Exact, bar: Bar | None) -> Exact:
        if bar is None or not bar[6]:
            return price
        if self.extreme.sign > 0:
            return max(price, bar[4])
        return min(price, bar[5]) if price else bar[5]

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        price = self.exact(forming, bars)
        return price / _ONE_PRICE if price else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        self.extreme.sync()
        known = share(self.extreme.tape, self.extreme, is_whole(self.extreme.tape, forming))
        return known if self.longer is None else self.longer.part(known, bars)


class Reach(Reading):
    """The highest price against the lowest, in percent."""

    __slots__ = ("highest", "lowest")

    def __init__(self, highest: Highest, lowest: Highest) -> None:
        self.highest, self.lowest = highest, lowest

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        low = self.lowest.exact(forming, bars)
        return (self.highest.exact(forming, bars) - low) * 100 / low if low else None

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
        price, newest = self.highest.exact(forming, bars), newest_price(bars)
        return (newest - price) * 100 / price if price and newest else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        return self.highest.coverage(forming, bars)


class Vwap(Reading):
    """Turnover by volume."""

    __slots__ = ("longer", "turnover_of", "volume_of", "window")

    def __init__(
        self,
        window: PaidWindow,
        turnover_of: Callable[[Bar], float],
        volume_of: Callable[[Bar], float],
        longer: Longer | None = None,
    ) -> None:
        self.window = window
        self.turnover_of, self.volume_of = turnover_of, volume_of
        self.longer = longer
        """See `Sum`; of both fields."""

    def value(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float | None:
        """See `Reading`."""
        window, longer = self.window, self.longer
        if window.hi != window.tape.end:
            window.sync()
        paid, amount, newest, part = as_float(window.paid), as_float(window.amount), forming, 1.0
        if longer is not None and longer.sync():
            under_way = longer.under_way(bars)
            if under_way is not None:
                paid, amount, newest, part = 0.0, 0.0, under_way, longer.share
            paid, amount = paid + longer.sums[0], amount + longer.sums[1]
        if newest is not None:
            now = self.turnover_of(newest)
            if now == now:  # noqa: PLR0124
                paid, amount = paid + now * part, amount + self.volume_of(newest) * part
        return paid / amount if amount else None

    def coverage(self, forming: Bar | None, bars: Sequence[Bar | None]) -> float:
        """See `Reading`."""
        window = self.window
        window.sync()
        now = 0.0 if forming is None else self.turnover_of(forming)
        known = share(window.tape, window, now == now and is_whole(window.tape, forming))  # noqa: PLR0124
        return known if self.longer is None else self.longer.part(known, bars)


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
