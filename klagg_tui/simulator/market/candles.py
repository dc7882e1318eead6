"""A symbol's candles in any grid: what a venue's REST answers are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from klagg_tui.simulator.market.calendar import MINUTE_MS, ended, opened
from klagg_tui.simulator.market.kline_text import KlineText, kline_text
from klagg_tui.simulator.market.klines import Kline, Klines
from klagg_tui.simulator.market.market import LATEST_MS, Life, Market


class Candle(NamedTuple):
    """One candle; texts with the decimals of its symbol, volume in the base, turnover in the quote."""

    open_ms: int
    end_ms: int
    """The first moment after it."""
    text: KlineText
    kline: Kline
    """Whole numbers behind the texts: volume in the smallest step of a quantity."""
    is_over: bool

    @property
    def is_traded(self) -> bool:
        """Whether anything was traded in it; else it is flat at the last price before."""
        return bool(self.kline.sums.volume)


class Candles:
    """Makes candles.

    An interval is one of the calendar's labels or a number of minutes counted from the epoch. `shift` moves the grid, in minutes:
    480 lets days begin as in UTC+8, 5760 weeks on Thursdays.
    """

    def __init__(self, market: Market, klines: Klines) -> None:
        self._market = market
        self._klines = klines
        self.opens_before: Callable[[], bool] = lambda: False
        """Whether candles open at the close before, which high and low include."""

    def of(self, symbol: str, interval: str | int, open_minute: int, now_ms: int, shift: int = 0) -> Candle:
        """The candle that opens in that minute."""
        end = _end(interval, open_minute, shift)
        kline = self._klines.kline(symbol, open_minute, end, now_ms)
        if self.opens_before():
            kline = self._opened_before(symbol, kline, now_ms)
        text = kline_text(self._market, symbol, kline)
        return Candle(open_minute * MINUTE_MS, end * MINUTE_MS, text, kline, end * MINUTE_MS + LATEST_MS <= now_ms)

    def between(
        self, symbol: str, interval: str | int, start_ms: int, end_ms: int, now_ms: int, shift: int = 0
    ) -> Iterator[Candle]:
        """Those that open from `start_ms` to `end_ms`, both included, oldest first, with the one under way."""
        first, last = -(-start_ms // MINUTE_MS), min(end_ms, now_ms) // MINUTE_MS
        for life in self._market.lives[symbol].contracts:
            begun = _open(life, interval, life.listing.listed_minute, shift)
            minute = max(begun, _open(life, interval, max(0, first), shift))
            if minute < first:
                minute = _end(interval, minute, shift)
            while minute <= min(last, life.until - 1):
                candle = self.of(symbol, interval, minute, now_ms, shift)
                yield candle
                minute = first = candle.end_ms // MINUTE_MS

    def latest(
        self, symbol: str, interval: str | int, count: int, now_ms: int, *, until_ms: int | None = None, shift: int = 0
    ) -> list[Candle]:
        """The last `count` that open by `until_ms` (now), oldest first."""
        found: list[Candle] = []
        last = min(now_ms, now_ms if until_ms is None else until_ms) // MINUTE_MS
        for life in reversed(self._market.lives[symbol].contracts):
            begun = _open(life, interval, life.listing.listed_minute, shift)
            minute = _open(life, interval, min(last, life.until - 1), shift)
            while len(found) < count and minute >= begun:
                found.append(self.of(symbol, interval, minute, now_ms, shift))
                minute = _open(life, interval, minute - 1, shift)
            last = min(last, begun - 1)
        return found[::-1]

    def close_before(self, symbol: str, minute: int, now_ms: int) -> str:
        """The text of the price last traded before a minute: what the bar there opens at, at some venues."""
        return kline_text(self._market, symbol, self._klines.kline(symbol, minute - 1, minute, now_ms)).close

    def _opened_before(self, symbol: str, kline: Kline, now_ms: int) -> Kline:
        """The same from the close before on; the first one of a listing has none before it."""
        minute, sums = kline.open_minute, kline.sums
        price = self._klines.kline(symbol, minute - 1, minute, now_ms).sums.close
        if not price:
            return kline
        return kline._replace(sums=sums._replace(open=price, high=max(sums.high, price), low=min(sums.low, price)))


def _open(life: Life, interval: str | int, minute: int, shift: int) -> int:
    if isinstance(interval, int):
        return (minute + shift) // interval * interval - shift
    return opened(interval, minute + shift, life.listing.three_day_anchor) - shift


def _end(interval: str | int, open_minute: int, shift: int) -> int:
    return open_minute + interval if isinstance(interval, int) else ended(interval, open_minute + shift) - shift
