"""Where prices and times stand on a chart, and which of them are written beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import DAY_MS, Period

_NICE: Final = (1, 2, 5)
_LABEL_GAP: Final = 4
_WIDE: Final = 8
"""How many times the lowest price the highest one is where a logarithmic scale names powers of ten."""


class PriceScale(NamedTuple):
    """Prices on `rows` rows, the highest on row 0."""

    low: Exact
    high: Exact
    rows: int
    has_headroom: bool = False
    """Whether the first row is above every price."""
    is_log: bool = False
    """Whether equal ratios, and not equal differences, are equally far apart."""

    def _part(self, price: float, parts: int) -> int:
        """At which of so many steps below the highest price it is."""
        if not self.is_log:
            return round((self.high - price) * parts / (self.high - self.low))
        return round(log(self.high / price) * parts / log(self.high / self.low)) if price > 0 else 2 * parts

    def half(self, price: float) -> int:
        """The half row of a price: 0 is the upper half of row 0, 2 x rows - 1 the lower half of the last."""
        halves = 2 * self.rows - 1
        if self.high <= self.low:
            return halves // 2
        return min(halves, max(0, self._part(price, halves)))

    def row(self, price: float) -> int:
        """The row of a price."""
        return self.half(price) // 2

    def edge(self, row: int) -> float:
        """The price at the upper edge of a row: what is below it, down to the next row's, belongs to that row."""
        part = (2 * row - 0.5) / (2 * self.rows - 1)
        if self.is_log and self.low > 0:
            return float(self.high * (self.low / self.high) ** part)
        return self.high - (self.high - self.low) * part

    def quarter(self, price: float) -> int:
        """The quarter row of a price; unlike `half` outside of the rows where the price is."""
        if self.high <= self.low:
            return 2 * self.rows
        return self._part(price, 4 * self.rows - 1)


def scale_of(bars: Sequence[Bar], rows: int, *, has_headroom: bool = False, is_log: bool = False) -> PriceScale:
    """From the lowest low to the highest high; with headroom, that on the second row."""
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    above = 0
    if has_headroom and is_log:
        above = round(high * (high / low) ** (2 / (2 * rows - 3))) - high
    elif has_headroom:
        above = -(-(high - low) * 2 // (2 * rows - 3))
    return PriceScale(low, high + above, rows, has_headroom, is_log)


def price_ticks(scale: PriceScale, decimals: int) -> list[tuple[int, str]]:
    """Row and text of round prices, from high to low, with a blank row at least between two.

    The texts have no more decimals than tell them apart, and all of them as many, but for those of a logarithmic scale that
    spans powers of ten. None is finer than prices of so many decimals, or than the lowest price on view, are.
    """
    ticks: list[tuple[int, Exact]] = []
    grain = 10 ** (exact.PRICE_DECIMALS - max(decimals, exact.price_decimals_of(scale.low)))
    for price in _round_prices(scale, grain):
        row = scale.row(price)
        if not ticks or row - ticks[-1][0] >= 2:
            ticks.append((row, price))
    least = 0 if _spans_powers(scale) else max((exact.price_decimals_of(price) for _, price in ticks), default=0)
    return [(row, formatting.grouped_price(price, least)) for row, price in ticks]


def _spans_powers(scale: PriceScale) -> bool:
    return scale.is_log and scale.high > _WIDE * scale.low


def _round_prices(scale: PriceScale, grain: Exact) -> Iterator[Exact]:
    """From high to low: equally far apart, or 5, 2 and 1 of each power of ten where a logarithmic scale spans some."""
    if _spans_powers(scale):
        for power in range(len(str(scale.high)) - 1, -1, -1):
            for digit in reversed(_NICE):
                if scale.low <= digit * 10**power <= scale.high:
                    yield digit * 10**power
        return
    step = max(grain, _nice_step(scale.high - scale.low, max(1, scale.rows // 4)))
    price = scale.high // step * step
    while price >= scale.low and price > 0:
        yield price
        price -= step


def _nice_step(reach: int, wanted: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, … units that gives at most `wanted` steps."""
    unit = 1
    while True:
        for digit in _NICE:
            if reach <= digit * unit * wanted:
                return digit * unit
        unit *= 10


def time_ticks(bars: Sequence[Bar], step: int, period: Period, *, local: bool) -> list[tuple[int, str]]:
    """Column and text of times, none touching the next; a new day is written as its date."""
    ticks: list[tuple[int, str]] = []
    free_from = 0
    for index, bar in enumerate(bars):
        if index * step < free_from or not _is_round(bar.open_ms, period, step, local=local):
            continue
        day_before = formatting.day(bars[max(0, index - 1)].open_ms, local=local)
        is_new_day = day_before != formatting.day(bar.open_ms, local=local)
        text = _time_text(bar.open_ms, period, new_day=is_new_day, local=local)
        ticks.append((index * step, text))
        free_from = index * step + len(text) + _LABEL_GAP
    return ticks


def _time_text(open_ms: int, period: Period, *, new_day: bool, local: bool) -> str:
    if period.nominal_ms > DAY_MS:
        return formatting.month(open_ms, local=local)
    if period is Period.D1 or new_day:
        return formatting.day(open_ms, local=local)
    return formatting.hour_minute(open_ms, local=local)


def _is_round(open_ms: int, period: Period, step: int, *, local: bool) -> bool:
    """Whether the bar's number in the epoch is round enough that labels do not hop when the chart moves."""
    del local
    every = 1
    while every * step < 12:
        every *= 2
    if period.nominal_ms < DAY_MS:
        every = next((nice for nice in (1, 2, 5, 6, 10, 12, 15, 30, 60) if nice >= every), 60)
    return open_ms // period.nominal_ms % every == 0
