"""The exchange's klines of the simulated market, added up in whole numbers and fast.

`truth` adds up the same trades once more with decimals; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from klagg_tui.simulator.market.calendar import DAY, HOUR, MINUTE_MS
from klagg_tui.simulator.market.market import LATEST_MS, TRADE_IDS, Carry, Market, Row


class Sums(NamedTuple):
    """A kline's values in the units of its symbol (turnover: in the product of both); prices 0 without trades."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    turnover: int
    trade_count: int
    taker_buy_volume: int
    taker_buy_turnover: int


class Kline(NamedTuple):
    """A kline of some interval; minutes since the epoch."""

    open_minute: int
    end_minute: int
    sums: Sums


class Published(NamedTuple):
    """What a trade puts into a minute's kline, and when that is published."""

    event_ms: int
    row: Row
    last_trade_id: int


NOTHING = Sums(0, 0, 0, 0, 0, 0, 0, 0, 0)


class Klines:
    """Klines as they stand at a moment: made of what is published by then; remembers the latest that are over."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._settled: Callable[[str, int], Sums] = lru_cache(maxsize=32_768)(self._add_minute)
        self._hour: Callable[[str, int], Sums] = lru_cache(maxsize=32_768)(self._add_hour)
        self._day: Callable[[str, int], Sums] = lru_cache(maxsize=32_768)(self._add_day)
        self._close: Callable[[str, int], int] = lru_cache(maxsize=4096)(self._last_price)
        self.last_before: Callable[[str, int], Published | None] = lru_cache(maxsize=4096)(self._last_before)
        """What the last trade before a minute put in, of whichever minute it is."""

    def kline(self, symbol: str, first: int, end: int, now_ms: int) -> Kline:
        """The kline of any stretch of minutes."""
        sums = joined(self._parts(symbol, first, end, now_ms))
        if not sums.volume:
            sums = flat(self._close(symbol, first))
        return Kline(first, end, sums)

    def first_trade_id(self, symbol: str, minute: int) -> int:
        """The id of the first trade that is counted from `minute` on."""
        carried = self._market.carried(symbol, minute)
        if carried:
            return carried.last_trade_id - carried.fills + 1
        return self._market.first_id(symbol, minute) * TRADE_IDS

    def published(self, symbol: str, minute: int) -> list[Published]:
        """What makes the minute's kline, in order: a straddling trade is a part of it here and the rest in the next."""
        trades = self._market.anonymous(symbol, minute)
        first_id = self._market.first_id(symbol, minute) * TRADE_IDS
        rows = [
            (trade.price, trade.quantity, trade.last_trade_id - trade.first_trade_id + 1, trade.is_buyer_maker)
            for trade in trades
        ]
        events = [trade.event_ms for trade in trades]
        last_ids = [first_id + trade.last_trade_id for trade in trades]
        before, after = self._market.carried(symbol, minute), self._market.carried(symbol, minute + 1)
        if before:
            events.insert(0, before.event_ms)
            last_ids.insert(0, before.last_trade_id)
        if after:
            last_ids[-1] -= after.fills
        return list(map(Published, events, _split(rows, before, after), last_ids))

    def _parts(self, symbol: str, first: int, end: int, now_ms: int) -> Iterator[Sums]:
        """The traded pieces of a stretch, as large as can be had."""
        settled = (now_ms - LATEST_MS) // MINUTE_MS
        minute = first
        while minute < end and minute <= now_ms // MINUTE_MS:
            if minute % DAY == 0 and minute + DAY <= min(end, settled):
                yield self._day(symbol, minute // DAY)
                minute += DAY
            elif minute % HOUR == 0 and minute + HOUR <= min(end, settled):
                yield self._hour(symbol, minute // HOUR)
                minute += HOUR
            else:
                yield self._settled(symbol, minute) if minute < settled else self._minute(symbol, minute, now_ms)
                minute += 1

    def _add_day(self, symbol: str, day: int) -> Sums:
        if self._market.pace.stride((day + 1) * DAY - 1) > HOUR:
            return self._add_traded(symbol, day * DAY, (day + 1) * DAY)
        return joined(self._hour(symbol, day * 24 + hour) for hour in range(24))

    def _add_hour(self, symbol: str, hour: int) -> Sums:
        return self._add_traded(symbol, hour * HOUR, (hour + 1) * HOUR)

    def _add_traded(self, symbol: str, first: int, end: int) -> Sums:
        if end <= self._market.start_minute:
            return joined(self._settled(symbol, minute) for minute in self._market.traded(symbol, first, end))
        # After the start a straddling trade can bring something into a minute without trades of its own.
        return joined(self._settled(symbol, minute) for minute in range(first, end))

    def _add_minute(self, symbol: str, minute: int) -> Sums:
        before, after = self._market.carried(symbol, minute), self._market.carried(symbol, minute + 1)
        return added(_split(self._market.rows(symbol, minute), before, after))

    def _minute(self, symbol: str, minute: int, now_ms: int) -> Sums:
        """What of the minute is published by `now_ms`."""
        return added([trade.row for trade in self.published(symbol, minute) if trade.event_ms <= now_ms])

    def _last_price(self, symbol: str, minute: int) -> int:
        """The price last traded before `minute`; every symbol trades in its first minute."""
        traded = self._market.traded_before(symbol, minute)
        return self._market.anonymous(symbol, traded)[-1].price if traded is not None else 0

    def _last_before(self, symbol: str, minute: int) -> Published | None:
        if self._market.carried(symbol, minute - 1) and not self._market.count(symbol, minute - 1):
            return self.published(symbol, minute - 1)[-1]
        traded = self._market.traded_before(symbol, minute)
        return None if traded is None else self.published(symbol, traded)[-1]


def flat(price: int) -> Sums:
    """A kline without trades."""
    return Sums(price, price, price, price, 0, 0, 0, 0, 0)


def joined(parts: Iterable[Sums]) -> Sums:
    """Pieces in order of time as one; those without trades lend nothing."""
    kept = [part for part in parts if part.volume]
    if not kept:
        return NOTHING
    _, highs, lows, _, *sums = zip(*kept, strict=True)
    return Sums(kept[0].open, max(highs), min(lows), kept[-1].close, *map(sum, sums))


def _split(rows: list[Row], before: Carry | None, after: Carry | None) -> list[Row]:
    """The rows of a minute with the part of a straddling trade that belongs to it at either end."""
    if before:
        rows.insert(0, before[:4])
    if after:
        price, quantity, fills, is_buyer_maker = rows[-1]
        rows[-1] = (price, quantity - after.quantity, fills - after.fills, is_buyer_maker)
    return rows


def added(rows: list[Row]) -> Sums:
    """Rows of one minute, in order, as one."""
    if not rows:
        return NOTHING
    prices = [row[0] for row in rows]
    volume = turnover = count = taken = taken_turnover = 0
    for price, quantity, fills, is_buyer_maker in rows:
        worth = price * quantity
        volume += quantity
        turnover += worth
        count += fills
        if not is_buyer_maker:
            taken += quantity
            taken_turnover += worth
    return Sums(prices[0], max(prices), min(prices), prices[-1], volume, turnover, count, taken, taken_turnover)
