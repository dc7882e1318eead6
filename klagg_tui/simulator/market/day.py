"""The last 24 hours of a symbol in numbers, as REST writes them; streams give the same under shorter names.

Exact are the last trade and what the present minute adds. What lies before is what such trades come to on the average, and
the prices of its hours' edges: to add up the day of every symbol would take a quarter of a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.simulator.market.calendar import DAY, HOUR, MINUTE_MS
from klagg_tui.simulator.market.chance import FILLS
from klagg_tui.simulator.market.klines import Klines, Published, Sums, added
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import decimal_text, price_text

Row: TypeAlias = dict[str, object]

_MEAN_FILLS: Final = sum(FILLS) / len(FILLS)


class _Past(NamedTuple):
    """The day up to the present minute, in the units of the symbol."""

    begin: int
    open: int
    high: int
    low: int
    volume: int
    turnover: int
    trade_count: int


class Day(NamedTuple):
    """The last 24 hours of a symbol as texts, in its base and its quote."""

    last: str
    open: str
    high: str
    low: str
    mean: str
    """By volume."""
    volume: str
    turnover: str
    trade_count: int
    contracts: int
    """Volume in the smallest steps."""


class DayStatistics:
    """`ticker/24hr` of any symbol; remembers the latest few thousand minutes."""

    def __init__(self, market: Market, klines: Klines) -> None:
        self._market = market
        self._klines = klines
        self._counted: Callable[[str, int, int], int] = lru_cache(maxsize=65_536)(self._count)
        """Of whole hours it stays: all symbols at once take a second the first time."""
        self._past: Callable[[str, int], _Past] = lru_cache(maxsize=4096)(self._add_past)

    def day(self, symbol: str, now_ms: int) -> Day:
        """The last 24 hours at a moment."""
        minute = now_ms // MINUTE_MS
        published = [one for one in self._klines.published(symbol, minute) if one.event_ms <= now_ms]
        before = self._klines.last_before(symbol, minute)
        last = published[-1] if published else before or self._klines.published(symbol, minute)[0]
        sums = added([one.row for one in published])
        row = self.row(symbol, minute, sums, last, now_ms)
        names = ("lastPrice", "openPrice", "highPrice", "lowPrice", "weightedAvgPrice", "volume", "quoteVolume")
        last_text, first, high, low, mean, volume, turnover = (str(row[name]) for name in names)
        contracts = self._past(symbol, minute).volume + sums.volume
        count = int(str(row["count"]))
        return Day(last_text, first, high, low, mean, volume, turnover, count, contracts)

    def row(self, symbol: str, minute: int, sums: Sums, last: Published, now_ms: int) -> Row:
        """The statistics when `sums` are published of the present minute, and `last` is the latest trade of all."""
        listing, past = self._market.listing(symbol), self._past(symbol, minute)
        units, quantity_decimals = listing.price_unit_decimals, listing.quantity_decimals
        _, shown = self._market.tick(symbol, minute)
        price = last.row[0]
        volume, turnover = past.volume + sums.volume, past.turnover + sums.turnover
        change = price - past.open
        return {
            "symbol": symbol,
            "priceChange": ("-" if change < 0 else "") + price_text(abs(change), units, shown),
            "priceChangePercent": f"{100 * change / past.open:.3f}",
            "weightedAvgPrice": price_text(turnover // volume if volume else price, units, shown),
            "lastPrice": price_text(price, units, shown),
            "lastQty": decimal_text(last.row[1], quantity_decimals),
            "openPrice": price_text(past.open, units, shown),
            "highPrice": price_text(max(past.high, price, sums.high), units, shown),
            "lowPrice": price_text(min(past.low, price, sums.low or price), units, shown),
            "volume": decimal_text(volume, quantity_decimals),
            "quoteVolume": decimal_text(turnover // 10 ** (units - shown), shown + quantity_decimals),
            "openTime": past.begin * MINUTE_MS,
            "closeTime": now_ms,
            "firstId": self._klines.first_trade_id(symbol, past.begin),
            "lastId": last.last_trade_id,
            "count": past.trade_count + sums.trade_count,
        }

    def _add_past(self, symbol: str, minute: int) -> _Past:
        market, listing = self._market, self._market.listing(symbol)
        begin = max(minute + 1 - DAY, listing.listed_minute)
        edges = [self._price(symbol, at) for at in (begin, *range(-(-begin // HOUR) * HOUR, minute, HOUR), minute)]
        volume = turnover = trades = 0.0
        for hour, first, end in _hours(begin, minute):
            count = self._counted(symbol, first, end)
            traded = count * (1 + market.lots(listing, hour * HOUR))
            many = _MEAN_FILLS * round(market.pace.share(listing, hour * HOUR))
            trades += count * (1.0 if market.spec.single_fills else many)
            volume += traded
            turnover += traded * self._price(symbol, first)
        return _Past(begin, edges[0], max(edges), min(edges), int(volume), int(turnover), int(trades))

    def _count(self, symbol: str, first: int, end: int) -> int:
        return sum(self._market.count(symbol, at) for at in range(first, end))

    def _price(self, symbol: str, minute: int) -> int:
        listing = self._market.listing(symbol)
        tick, _ = self._market.tick(symbol, minute)
        return max(1, int(self._market.path.at(listing, minute) * 10**listing.price_unit_decimals / tick)) * tick


def _hours(begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Each hour between those minutes, and the part of it that lies between them."""
    for hour in range(begin // HOUR, -(-end // HOUR)):
        yield hour, max(begin, hour * HOUR), min(end, (hour + 1) * HOUR)
