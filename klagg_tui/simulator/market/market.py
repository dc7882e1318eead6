"""The simulated market: the aggregate trades of any symbol in any minute, and what happens to its symbols.

A trade is computed, never remembered: any minute can be made again from the seed. Only events that are
ordered while it runs (listing, delisting, change of tick, a straddling trade) are kept, and they lie in the future then.
Minutes are counted since the epoch.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.simulator.market.calendar import HOUR, MINUTE_MS
from klagg_tui.simulator.market.catalog import Listing, MarketSpec, catalog, perpetual
from klagg_tui.simulator.market.chance import FILLS, NORMAL, WILD, draws
from klagg_tui.simulator.market.pace import Pace
from klagg_tui.simulator.market.path import PricePath, volatility

LATEST_MS: Final = 140
"""Nothing is published later than that after its trade."""
NOTICE_MINUTES: Final = 3
"""How far ahead an event must be announced: the next minute may be made already, and an end takes back a straddle before it."""
_RPI_EVERY: Final = 16
"""One of so many aggregate trades holds fills that `nq` leaves out."""
TRADE_IDS: Final = 8
"""Trade ids that belong to each aggregate id; some are left out, holes as the exchange has them."""
_FOREVER: Final = 2**40
_PERPETUAL_UNTIL_MS: Final = 4_133_404_800_000
_NOTIONAL: Final = 600.0
"""Mean worth of an aggregate trade."""


class Trade(NamedTuple):
    """An aggregate trade; price and quantity in the units of its `Listing`."""

    aggregate_id: int
    price: int
    quantity: int
    first_trade_id: int
    last_trade_id: int
    traded_ms: int
    is_buyer_maker: bool
    event_ms: int
    """When it is published: after the 100 ms it gathers fills."""

    @property
    def plain_quantity(self) -> int:
        """The quantity without fills of retail price improvement orders (`nq`)."""
        return self.quantity - (self.aggregate_id % _RPI_EVERY == 5 and self.quantity > 1)


Row: TypeAlias = tuple[int, int, int, bool]
"""Price, quantity, number of fills, and whether the buyer was the maker."""


class Carry(NamedTuple):
    """The part of a straddling trade that the exchange's kline counts in the later minute."""

    price: int
    quantity: int
    fills: int
    is_buyer_maker: bool
    event_ms: int
    last_trade_id: int


@dataclass
class Life:
    """What has happened, or will, to a symbol."""

    listing: Listing
    until: int = _FOREVER
    """First minute without trading."""
    ticks: list[tuple[int, int, int]] = field(default_factory=list)
    """From which minute on which tick, in units, and how many decimals of the price are shown."""
    former: Life | None = None
    """That of the contract which had the name before."""

    @property
    def contracts(self) -> list[Life]:
        """All that had the name, this one last."""
        return [*(self.former.contracts if self.former else ()), self]

    def at(self, minute: int) -> Life:
        """That of the contract which had the name then."""
        return self.former.at(minute) if self.former and minute < self.listing.listed_minute else self

    @property
    def delivery_ms(self) -> int:
        """When the contract ends, as the exchange gives it: in the year 2100 where nothing is planned."""
        return _PERPETUAL_UNTIL_MS if self.until == _FOREVER else self.until * MINUTE_MS


class Market:
    """All symbols and their trades."""

    def __init__(self, spec: MarketSpec) -> None:
        self.spec = spec
        listings = catalog(spec)
        self.start_minute = spec.start_ms // MINUTE_MS
        self.pace = Pace(spec, sum(listing.weight for listing in listings))
        self.path = PricePath(self.start_minute, len(listings), listings[0])
        self.lives = {listing.symbol: Life(listing, listing.delivered_minute or _FOREVER) for listing in listings}
        self._straddles: set[tuple[str, int]] = set()
        self.version = 0
        """Grows with every event."""
        self.trades: Callable[[str, int], tuple[Trade, ...]] = lru_cache(maxsize=64)(self._trades)
        """The trades of a minute, in order of id."""

    def listing(self, symbol: str) -> Listing:
        """What does not change about the symbol's present contract; KeyError where there is none."""
        return self.lives[symbol].listing

    def status(self, symbol: str, minute: int) -> str:
        """The exchange's word for the symbol's state in that minute."""
        life = self.lives[symbol].at(minute)
        if minute < life.listing.listed_minute:
            return "PENDING_TRADING"
        if minute < life.until:
            return "TRADING"
        return "SETTLING" if life.listing.delivered_minute is None else "DELIVERING"

    def tick(self, symbol: str, minute: int) -> tuple[int, int]:
        """Smallest step of the price, in units, and the decimals it is shown with."""
        life = self.lives[symbol].at(minute)
        for since, tick, decimals in reversed(life.ticks):
            if minute >= since:
                return tick, decimals
        return life.listing.tick, life.listing.price_decimals

    def shown(self, symbol: str, first: int, end: int) -> int:
        """The most decimals with which a price is shown between two minutes.

        They grow as long as there is a contract, and another one of its name has fewer.
        """
        begins = [max(first, life.listing.listed_minute) for life in self.lives[symbol].contracts]
        ends = [*begins[1:], end]
        return max(self.tick(symbol, max(first, min(until, end) - 1))[1] for until in ends)

    def count(self, symbol: str, minute: int) -> int:
        """How many aggregate trades the minute has."""
        life = self.lives[symbol].at(minute)
        return 0 if minute >= life.until else self.pace.count(life.listing, minute)

    def traded(self, symbol: str, first: int, end: int) -> Iterator[int]:
        """The minutes from `first` up to `end` with trades of their own."""
        for life in self.lives[symbol].contracts:
            yield from self.pace.traded(life.listing, first, min(end, life.until))

    def traded_before(self, symbol: str, minute: int) -> int | None:
        """The last minute before `minute` with trades of its own."""
        for life in reversed(self.lives[symbol].contracts):
            found = self.pace.traded_before(life.listing, min(minute, life.until))
            if found is not None:
                return found
        return None

    def first_id(self, symbol: str, minute: int) -> int:
        """The id of the first aggregate trade from `minute` on."""
        life = self.lives[symbol].at(minute)
        return self.pace.first_id(life.listing, min(minute, life.until))

    def minute_of(self, symbol: str, aggregate_id: int, first: int, end: int) -> int | None:
        """Which minute from `first` up to `end` holds the id: of the contract that has the name before `end`."""
        life = self.lives[symbol].at(end - 1)
        first = max(first, life.listing.listed_minute)  # ids before it would be counted hour by hour
        return self.pace.minute_of(life.listing, aggregate_id, first, min(end, life.until))

    def carried(self, symbol: str, minute: int) -> Carry | None:
        """What a straddling trade of the minute before puts into this minute's kline."""
        if not self._is_straddled(symbol, minute - 1):
            return None
        last = self.anonymous(symbol, minute - 1)[-1]
        fills = last.last_trade_id - last.first_trade_id + 1
        last_id = self.first_id(symbol, minute - 1) * TRADE_IDS + last.last_trade_id
        return Carry(last.price, last.quantity // 2, fills // 2, last.is_buyer_maker, last.event_ms, last_id)

    def anonymous(self, symbol: str, minute: int) -> tuple[Trade, ...]:
        """The trades of a minute with ids counted from 0: all that a kline needs, and cheaper far back."""
        return self._made(self.lives[symbol].at(minute), minute, 0)

    def rows(self, symbol: str, minute: int) -> list[Row]:
        """What a kline of a minute that is over needs of its trades; at half the cost of the trades themselves."""
        life = self.lives[symbol].at(minute)
        count = self.count(symbol, minute)
        return self._rows(life, minute, draws(_key(life, minute), 4 * count)) if count else []

    def lots(self, listing: Listing, minute: int) -> float:
        """The mean quantity of that minute's trades, in units."""
        lots: float = _NOTIONAL / listing.price * 10**listing.quantity_decimals
        return lots * self.pace.share(listing, minute)

    def delist(self, symbol: str, minute: int) -> None:
        """Let trading end as `minute` begins, which must be `NOTICE_MINUTES` ahead."""
        self.lives[symbol].until = minute
        self.version += 1

    def list_new(self, minute: int) -> str:
        """Let a symbol of a new name begin to trade in that minute; it is made known at once."""
        joined = len(self.lives) - len(catalog(self.spec))
        listing = perpetual(self.spec, self.spec.symbols + joined, minute)
        self.lives[listing.symbol] = Life(replace(listing, weight=0.05))
        self.version += 1
        return listing.symbol

    def list_again(self, symbol: str, minute: int) -> None:
        """Let another contract begin to trade under the name of one that was delisted; its ids begin with 1."""
        former = self.lives[symbol]
        key, path_key = former.listing.key + b"again|", former.listing.path_key + b"again|"
        listing = replace(former.listing, listed_minute=minute, first_id=1, key=key, path_key=path_key)
        self.lives[symbol] = Life(listing, former=former)
        self.version += 1

    def change_tick(self, symbol: str, minute: int) -> None:
        """Make the tick ten times finer from that minute on, or coarser where the decimals are used up."""
        life = self.lives[symbol]
        tick, decimals = self.tick(symbol, minute)
        finer = tick // 10
        new = (
            (finer, max(decimals, life.listing.price_unit_decimals - len(str(finer)) + 1))
            if finer
            else (tick * 10, decimals)
        )
        life.ticks.append((minute, *new))
        self.version += 1

    def straddle(self, symbol: str, minute: int) -> bool:
        """Let the last trade of that minute straddle its end; False where it has none."""
        if self.count(symbol, minute) and not self.spec.single_fills:
            self._straddles.add((symbol, minute))
        return (symbol, minute) in self._straddles

    def _is_straddled(self, symbol: str, minute: int) -> bool:
        life = self.lives[symbol].at(minute)
        if (
            self.spec.single_fills
            or minute < self.start_minute
            or minute + 1 >= life.until
            or not self.count(symbol, minute)
        ):
            return False
        hour, rest = divmod(minute, HOUR)
        return rest in self.pace.hour(life.listing, hour).straddled or (symbol, minute) in self._straddles

    def _trades(self, symbol: str, minute: int) -> tuple[Trade, ...]:
        return self._made(self.lives[symbol].at(minute), minute, self.first_id(symbol, minute))

    def _made(self, life: Life, minute: int, first_id: int) -> tuple[Trade, ...]:
        listing = life.listing
        count = self.count(listing.symbol, minute)
        if not count:
            return ()
        straddled = self._is_straddled(listing.symbol, minute)
        raw = draws(_key(life, minute), 6 * count)
        rows = self._rows(life, minute, raw[: 4 * count])
        times = _times(raw[4 * count :], minute * MINUTE_MS, straddled, self.spec.in_order)
        made: list[Trade] = []
        trade_id, event_ms = first_id * TRADE_IDS, 0
        for index, (row, lag, traded_ms) in enumerate(zip(rows, raw[3 * count : 4 * count], times, strict=True)):
            price, quantity, fills, is_buyer_maker = row
            event_ms = max(event_ms, traded_ms // 100 * 100 + 105 + (lag & 31))
            last_id = trade_id + fills - 1
            made.append(
                Trade(first_id + index, price, quantity, trade_id, last_id, traded_ms, is_buyer_maker, event_ms)
            )
            trade_id = last_id + 1 + (lag > 240)
        return tuple(made)

    def _rows(self, life: Life, minute: int, raw: bytes) -> list[Row]:
        """Out of four bytes for each trade."""
        listing, count = life.listing, len(raw) // 4
        prices = self._prices(listing, minute, raw[:count])
        lots = self.lots(listing, minute)
        # A trade of the past stands for many: each is one of its fills, where it may have some. Elsewhere there is only the one
        # that is told when somebody asks for the trades of then, so a bar counts no more.
        many = round(self.pace.share(listing, minute))
        rows = [
            (price, 1 + int(lots * WILD[size]), 1 if self.spec.single_fills else many * FILLS[side], bool(side & 1))
            for price, size, side in zip(prices, raw[count : 2 * count], raw[2 * count : 3 * count], strict=True)
        ]
        if self._is_straddled(listing.symbol, minute):
            price, quantity, fills, is_buyer_maker = rows[-1]
            rows[-1] = price, quantity + 1, max(2, fills), is_buyer_maker
        return rows

    def _prices(self, listing: Listing, minute: int, raw: bytes) -> list[int]:
        first, last = self.path.at(listing, minute), self.path.at(listing, minute + self.pace.stride(minute))
        unit = 10**listing.price_unit_decimals
        tick, _ = self.tick(listing.symbol, minute)
        slope = (last - first) / max(1, len(raw) - 1)
        stretch = self.pace.stride(minute) ** 0.5
        wiggle = first * listing.daily_move / 120 * volatility(listing, minute // HOUR) * stretch
        # The first and the last stand near the edges, so that neighbouring minutes fit together.
        inner = [wiggle * NORMAL[byte] for byte in raw]
        inner[0] *= 0.1
        inner[-1] *= 0.1
        return [max(1, int((first + slope * i + shift) * unit / tick)) * tick for i, shift in enumerate(inner)]


def _key(life: Life, minute: int) -> bytes:
    """What the chance of a minute's trades hangs on."""
    return life.listing.key + b"T%d" % minute


def _times(raw: bytes, minute_ms: int, straddled: bool, in_order: bool) -> list[int]:
    """When each trade of a minute happens: `in_order`, or now and then one is stamped before its predecessor."""
    count = len(raw) // 2
    offsets = sorted(number * MINUTE_MS >> 16 for number in struct.unpack(f"<{count}H", raw))
    for index in range(1, count - 1):
        if raw[index] == 7 and not in_order:
            offsets[index] = max(0, offsets[index - 1] - 3)
    if straddled:
        offsets[-1] = MINUTE_MS - 1 - raw[0] % 60
    return [minute_ms + offset for offset in offsets]
