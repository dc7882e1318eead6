"""Indicators that are carried on from bar to bar, equal to TA-Lib's from their first bar on.

Sources: ta-lib.org's `ta_RSI.c`, `ta_ATR.c`, `ta_EMA.c`, `ta_MACD.c`, `ta_BBANDS.c` with an unstable period of 0; J. Welles
Wilder, New Concepts in Technical Trading Systems, 1978. Prices are in plain units.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import sqrt
from typing import Final


class Carried(ABC):
    """What was made of all bars so far."""

    __slots__ = ()

    @abstractmethod
    def feed(self, high: float, low: float, close: float) -> None:
        """Take in the next bar."""

    @abstractmethod
    def peek(self, high: float, low: float, close: float) -> float | None:
        """The indicator if that were the next bar; None while there are too few."""

    @abstractmethod
    def copy(self) -> Carried:
        """The same, to be carried on by itself."""


class Average:
    """A mean of the first numbers, after which each further one comes in with a share of its own."""

    __slots__ = ("count", "length", "mean", "share")

    def __init__(self, length: int, share: float) -> None:
        self.length, self.share = length, share
        self.count = 0
        self.mean = 0.0
        """Their sum as long as there are fewer than `length`."""

    def after(self, number: float) -> float | None:
        """The average if that were the next number; None while there are too few."""
        count, length = self.count + 1, self.length
        if count > length:
            return self.mean + (number - self.mean) * self.share
        return (self.mean + number) / length if count == length else None

    def feed(self, number: float) -> float | None:
        """Take in the next number; returns the average with it."""
        mean = self.after(number)
        self.mean = self.mean + number if mean is None else mean
        self.count += 1
        return mean

    def copy(self) -> Average:
        """The same, to be carried on by itself."""
        twin = Average(self.length, self.share)
        twin.count, twin.mean = self.count, self.mean
        return twin


def wilder(length: int) -> Average:
    """Wilder's average."""
    return Average(length, 1 / length)


def exponential(length: int) -> Average:
    """The usual exponential average."""
    return Average(length, 2 / (length + 1))


class Ema(Carried):
    """The exponential moving average of the closes."""

    __slots__ = ("average",)

    def __init__(self, average: Average) -> None:
        self.average = average

    def feed(self, _high: float, _low: float, close: float) -> None:
        """See `Carried`."""
        self.average.feed(close)

    def peek(self, _high: float, _low: float, close: float) -> float | None:
        """See `Carried`."""
        return self.average.after(close)

    def copy(self) -> Ema:
        """See `Carried`."""
        return Ema(self.average.copy())


class Natr(Carried):
    """The average true range in percent of the close."""

    __slots__ = ("before", "range")

    def __init__(self, average: Average, before: float | None = None) -> None:
        self.range = average
        self.before = before

    def feed(self, high: float, low: float, close: float) -> None:
        """See `Carried`."""
        if self.before is not None:
            self.range.feed(_true_range(high, low, self.before))
        self.before = close

    def peek(self, high: float, low: float, close: float) -> float | None:
        """See `Carried`."""
        mean = None if self.before is None else self.range.after(_true_range(high, low, self.before))
        return None if mean is None else mean / close * 100

    def copy(self) -> Natr:
        """See `Carried`."""
        return Natr(self.range.copy(), self.before)


def _true_range(high: float, low: float, before: float) -> float:
    return max(high, before) - min(low, before)


class Rsi(Carried):
    """The relative strength index; None, where TA-Lib has 0, of closes that never moved: they are not oversold."""

    __slots__ = ("before", "gain", "loss")

    def __init__(self, gain: Average, loss: Average, before: float | None = None) -> None:
        self.gain, self.loss = gain, loss
        self.before = before

    def feed(self, _high: float, _low: float, close: float) -> None:
        """See `Carried`."""
        if self.before is not None:
            change = close - self.before
            self.gain.feed(max(change, 0.0))
            self.loss.feed(max(-change, 0.0))
        self.before = close

    def peek(self, _high: float, _low: float, close: float) -> float | None:
        """See `Carried`."""
        if self.before is None:
            return None
        change = close - self.before
        gain, loss = self.gain.after(max(change, 0.0)), self.loss.after(max(-change, 0.0))
        if gain is None or loss is None or not gain + loss:
            return None
        return 100 * gain / (gain + loss)

    def copy(self) -> Rsi:
        """See `Carried`."""
        return Rsi(self.gain.copy(), self.loss.copy(), self.before)


class Macd(Carried):
    """The histogram: the distance of the two averages over its own average, in percent of the close.

    The faster average begins late enough to have its first value with the slower one's, as TA-Lib's does.
    """

    __slots__ = ("count", "fast", "signal", "slow")

    def __init__(self, fast: Average, slow: Average, signal: Average, count: int = 0) -> None:
        self.fast, self.slow, self.signal = fast, slow, signal
        self.count = count

    def feed(self, _high: float, _low: float, close: float) -> None:
        """See `Carried`."""
        self.count += 1
        slow = self.slow.feed(close)
        fast = self.fast.feed(close) if self.count > self.slow.length - self.fast.length else None
        if slow is not None and fast is not None:
            self.signal.feed(fast - slow)

    def peek(self, _high: float, _low: float, close: float) -> float | None:
        """See `Carried`."""
        fast, slow = self.fast.after(close), self.slow.after(close)
        if fast is None or slow is None:
            return None
        signal = self.signal.after(fast - slow)
        return None if signal is None else (fast - slow - signal) / close * 100

    def copy(self) -> Macd:
        """See `Carried`."""
        return Macd(self.fast.copy(), self.slow.copy(), self.signal.copy(), self.count)


class Bollinger(Carried):
    """Where the close stands between the bands: 0 at the lower one, 100 at the upper one; None where they meet."""

    __slots__ = ("closes", "deviations", "length", "mean", "squares")

    def __init__(self, length: int, deviations: float, closes: tuple[float, ...] = ()) -> None:
        self.length, self.deviations = length, deviations
        self._hold(closes)

    def _hold(self, closes: tuple[float, ...]) -> None:
        """Have the closes before the next one, their mean and the sum of the squares around it."""
        self.closes = closes[-self.length + 1 :]
        self.mean = sum(self.closes) / len(self.closes) if self.closes else 0.0
        self.squares = sum([(close - self.mean) ** 2 for close in self.closes])

    def feed(self, _high: float, _low: float, close: float) -> None:
        """See `Carried`."""
        self._hold((*self.closes, close))

    def peek(self, _high: float, _low: float, close: float) -> float | None:
        """See `Carried`."""
        if len(self.closes) < self.length - 1:
            return None
        away = close - self.mean
        above = away * (1 - 1 / self.length)  # over the mean with it
        deviation = sqrt((self.squares + away * above) / self.length)
        if deviation <= close * _NO_WIDTH:
            return None
        return 50 + 50 * above / (self.deviations * deviation)

    def copy(self) -> Bollinger:
        """See `Carried`."""
        return Bollinger(self.length, self.deviations, self.closes)


_NO_WIDTH: Final = 1e-12
"""What rounding alone makes of equal closes."""
