"""Figures of 600 symbols with a week of minutes: a minute's end, the value now, and the memory they take. CPU time."""

from __future__ import annotations

import random
import sys
import time
from array import array
from enum import Enum
from statistics import median
from types import FunctionType
from typing import Any, Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.view.screener.figure import FigureCall, parsed
from klagg_tui.view.screener.peers import Listed
from klagg_tui.view.screener.screener import Need, Screener

SYMBOLS: Final = 600
WEEK: Final = 7 * 1440
NOW: Final = 29_900_000
"""A minute."""
MINUTES: Final = 10
DEFAULT: Final = "chg(24h) turnover(24h) high(24h) low(24h) from_high(24h) range(24h)"
WEEKLY: Final = "chg(7d) turnover(7d)"
EACH: Final = (
    "chg(24h) turnover(24h) vol(24h) trades(24h) high(24h) low(24h) range(24h) from_high(24h) from_low(24h) delta(24h)"
    " cvd(24h) vwap(24h) rvol(5m) rvol(1h) speed volatility(24h) corr(1h) corr(24h) beta(1h) natr(5m) rsi(1h) ema(1h)"
    " macd(1h) bb(1h) chg(7d) turnover(7d)"
)
_TICK: Final = 10 ** (PRICE_DECIMALS - 2)


def calls(texts: str) -> list[FigureCall]:
    return [parsed(text, DEFAULT_PERIODS) for text in texts.split()]


class Market:
    """A made market that walks by chance."""

    def __init__(self, symbols: int = SYMBOLS, ticks: int = 1_000_000) -> None:
        """`ticks`: what prices are about, in ticks of 0.01."""
        self.ticks, self.step = ticks, ticks // 3_000
        self.chance = random.Random(1)
        self.names = ["BTCUSDT", *(f"C{place}USDT" for place in range(symbols - 1))]
        self.bars: dict[str, list[Bar | None]] = {name: [None] * len(Period) for name in self.names}
        self.screener = Screener(self.bars.__getitem__)
        self.screener.now_ms = NOW * MINUTE_MS
        for name in self.names:
            self.screener.add(name)
            self.screener.learn(name, Listed("binance-um", name[:-4], "USDT"))
        self.made: dict[tuple[Period, int], BarColumns] = {}
        self.prices = dict.fromkeys(self.names, ticks)

    def seed(self) -> int:
        """All the history that is wanted; how many bars that were."""
        made, count = self.made, 0
        for need in self.screener.needs():
            minutes = (need.to_ms - need.from_ms) // MINUTE_MS
            columns = made.get((need.period, minutes))
            if columns is None:
                columns = made[need.period, minutes] = self.columns(need)
            count += len(columns.open_ms)
            self.screener.seed(need, columns)
        return count

    def columns(self, need: Need) -> BarColumns:
        first_ms = need.period.open_ms(need.from_ms)
        opens = array("q", range(first_ms, need.to_ms, need.period.nominal_ms))
        size = len(opens)
        walk = [self.ticks]
        for _ in range(size - 1):
            walk.append(walk[-1] + self.chance.randint(-self.step, self.step))
        amounts = array("d", [self.chance.random() * 100 for _ in range(size)])
        return BarColumns(
            opens,
            array("B", [State.CLOSED.value]) * size,
            array("B", [0]) * size,
            array("d", [ticks / 100 for ticks in walk]),
            array("d", [(ticks + self.step) / 100 for ticks in walk]),
            array("d", [(ticks - self.step) / 100 for ticks in walk]),
            amounts,
            array("d", [ticks / 100 * amount for ticks, amount in zip(walk, amounts, strict=True)]),
            array("d", [100.0]) * size,
            array("d", [amount / 2 for amount in amounts]),
            array("d", [ticks / 200 * amount for ticks, amount in zip(walk, amounts, strict=True)]),
        )

    def bar(self, name: str, minute: int, period: Period = Period.M1, state: State = State.CLOSED) -> Bar:
        ticks = self.prices[name] = self.prices[name] + self.chance.randint(-self.step, self.step)
        price = ticks * _TICK
        lots = self.chance.randint(1, 10**10)
        return Bar(
            name,
            period,
            minute * MINUTE_MS,
            price,
            price + self.step * _TICK,
            price - self.step * _TICK,
            price,
            lots,
            lots * price,
            100,
            lots // 2,
            lots * price // 2,
            state,
        )

    def minute(self, minute: int) -> list[Bar]:
        """The bars that end then."""
        return [self.bar(name, minute) for name in self.names]

    def begin(self, minute: int) -> None:
        """Everybody trades in the minute under way."""
        self.screener.now_ms = minute * MINUTE_MS + 20_000
        for name in self.names:
            bars = self.bars[name]
            for period in DEFAULT_PERIODS:
                open_ms = period.open_ms(minute * MINUTE_MS)
                bars[period.ordinal] = self.bar(name, open_ms // MINUTE_MS, period, State.FORMING)


def cost_of(texts: str, symbols: int) -> tuple[float, float]:
    """Microseconds for each symbol and figure at a minute's end until all values are there, and for each value after that."""
    market = Market(symbols)
    wanted = calls(texts)
    market.screener.use(wanted)
    market.seed()
    market.begin(NOW)
    read(market, wanted)
    ends: list[float] = []
    reads: list[float] = []
    for minute in range(NOW, NOW + MINUTES):
        bars = market.minute(minute)
        began = time.process_time()
        market.screener.take(bars)
        taken = time.process_time() - began
        market.begin(minute + 1)
        first, again = _timed(market, wanted), min(_timed(market, wanted) for _ in range(3))
        ends.append(taken + first - again)
        reads.append(again)
    each = symbols * len(wanted) * 1e-6
    return median(ends) / each, median(reads) / each


def _timed(market: Market, wanted: list[FigureCall]) -> float:
    began = time.process_time()
    read(market, wanted)
    return time.process_time() - began


def read(market: Market, wanted: list[FigureCall]) -> None:
    for name in market.names:
        figures, bars = market.screener.add(name), market.bars[name]
        for call in wanted:
            figures.value(call, bars)


def memory_of(texts: str, ticks: int) -> tuple[float, float, int]:
    """Megabytes that figures and their history take, and CPU seconds to take that in, of so many bars."""
    market = Market(SYMBOLS, ticks)
    wanted = calls(texts)
    market.screener.use(wanted)
    empty = size_of(Market().screener, set())
    market.seed()  # makes the columns
    market.screener.use([])
    market.screener.use(wanted)
    began = time.process_time()
    count = market.seed()
    seconds = time.process_time() - began
    market.begin(NOW)
    read(market, wanted)
    return (size_of(market.screener, set()) - empty) / 1e6, seconds, count


def size_of(thing: Any, seen: set[int]) -> int:
    """Bytes of all that hangs on it and is not shared with everybody."""
    if id(thing) in seen or thing is None or isinstance(thing, type | FunctionType | Bar | str | Enum):
        return 0
    seen.add(id(thing))
    parts: list[Any] = []
    if isinstance(thing, dict):
        parts = [*thing.keys(), *thing.values()]
    elif isinstance(thing, list | tuple | set | frozenset):
        parts = list(thing)
    elif not isinstance(thing, array | int | float):
        slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        parts = [getattr(thing, name) for name in slots if hasattr(thing, name)]
        parts += list(getattr(thing, "__dict__", {}).values())
    return sys.getsizeof(thing) + sum(size_of(part, seen) for part in parts)


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    found = []
    for name, texts in (("24 h", DEFAULT), ("24 h and 7 d", f"{DEFAULT} {WEEKLY}"), ("all at once", EACH)):
        held, seconds, count = memory_of(texts, 1_000_000)
        small, _, _ = memory_of(texts, 20_000)
        what = f"{held:.1f} MB (aim: 60), {small:.1f} MB with prices under 65,536 ticks"
        what += f"; {seconds:.1f} s to take in {count:,} stored bars"
        found.append((f"{name}: {SYMBOLS} symbols, {len(texts.split())} figures", what))
        end, value = cost_of(texts, SYMBOLS)
        whole = end * SYMBOLS * len(texts.split()) / 1e3
        what = f"{end:.2f} µs a symbol and figure (aim: 10), {whole:.0f} ms for all; value now {value:.2f} µs (aim: 2)"
        found.append((f"{name}: minute's end", what))
    for text in EACH.split():
        end, value = cost_of(text, SYMBOLS // 6)
        found.append((text, f"minute's end {end:.2f} µs, value now {value:.2f} µs"))
    return found


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:40} {text}")
