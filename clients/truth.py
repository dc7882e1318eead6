"""Whether what ccxt read of a face is what the simulated market did: a few words for what is wrong, and none where all is right."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from clients.exchange import SPEED, Exchange
from clients.venues import (
    BARS,
    CLOCK,
    MARKETS,
    NEWEST,
    SINCE,
    STREAM,
    TRADES,
    WHOLE_MINUTES,
    Fill,
    Listed,
    Row,
    Told,
    Venue,
)
from klagg_tui.engine.period import Period
from klagg_tui.exchange.registry import venue as venue_of

_MINUTE_MS: Final = 60_000
_BEHIND_MS: Final = 2_500
"""How far the time that was read may be from what is reckoned here: Kraken tells whole seconds, and a process waits."""
_ROUNDED: Final = Decimal("0.00000001")
"""Coins that a quotient may be off, which is written with eight decimals."""
_FLOAT: Final = Decimal("1e-14")
"""Of itself that it may be off besides, where it was a float."""


class Truth(NamedTuple):
    """A bar of `/klagg/truth`: volume in the venue's unit of it, contracts for inverse contracts."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    trade_count: int
    taker_buy_volume: Decimal
    taker_buy_turnover: Decimal


class Judge:
    """Of one venue; questions come in their order, since markets are needed for what follows."""

    def __init__(self, venue: Venue, exchange: Exchange) -> None:
        self._venue = venue
        self._exchange = exchange
        self._listed: dict[str, Listed] = {}
        self.seen: list[str] = []
        """What was compared, for who looks at the table."""

    async def judged(self, question: str, read: list) -> str:
        """What is wrong with what was read, if anything."""
        if question == MARKETS:
            return await self._markets([Listed(*row) for row in read])
        if question == CLOCK:
            return await self._clock(Told(*read[0]))
        if any(name not in self._listed for name, _ in self._venue.symbols):
            return "the markets asked about were not read"
        if question in (NEWEST, SINCE):
            return await self._all_bars(question, read)
        assert question in (TRADES, STREAM)
        return await self._all_trades(question, read)

    async def _markets(self, read: list[Listed]) -> str:
        """Those that klagg itself reads of the listing, with the same base, quote and value of a contract."""
        self._listed = {market.name: market for market in read}
        async with venue_of(self._venue.key).market_data(self._exchange.rest_url, 0) as data:
            own = (await data.instruments()).instruments
        if len(self._listed) != len(read):
            return "a name comes twice"
        if odd := {instrument.symbol for instrument in own} ^ self._listed.keys():
            return f"listed by one alone: {', '.join(sorted(odd)[:5])}"
        for instrument in own:
            market = self._listed[instrument.symbol]
            if (market.base, market.quote) != (instrument.base.upper(), instrument.quote):
                return f"{market.name} is read as {market.base}/{market.quote}"
            if market.is_inverse is not bool(instrument.contract_value):
                return f"{market.name} is read as {'inverse' if market.is_inverse else 'linear'}"
            if market.is_inverse and Decimal(market.contract_size or "0") != Decimal(instrument.contract_value):
                return f"a contract of {market.name} is read as {market.contract_size} dollars"
        self.seen.append(f"{len(read)} markets")
        return ""

    async def _clock(self, told: Told) -> str:
        now_ms, local_ms = await self._exchange.now_ms()
        latest_ms = now_ms - (local_ms - told.after_ms) * SPEED
        earliest_ms = now_ms - (local_ms - told.before_ms) * SPEED
        if not earliest_ms - _BEHIND_MS <= told.told_ms <= latest_ms + _BEHIND_MS:
            return f"read as {told.told_ms}, and was {earliest_ms} to {latest_ms}"
        return ""

    async def _all_bars(self, question: str, read: list) -> str:
        number = 0
        for name, period, since_ms, rows in read:
            bars = [Row(*row) for row in rows]
            if wrong := await self._bars(name, period, since_ms, bars):
                return f"{name} {period}: {wrong}"
            number += len(bars)
        self.seen.append(f"{number:,} {question}")
        return ""

    async def _bars(self, name: str, period: str, since_ms: int | None, read: list[Row]) -> str:
        """As many as were asked for or as there are, none left out, all but the last one equal."""
        reach_ms = BARS * Period.parse(period).nominal_ms
        if not read:
            is_right = since_ms is not None and not await self._true(name, period, since_ms, since_ms + reach_ms - 1)
            return "" if is_right else "nothing came"
        first_ms, last_ms = read[0].open_ms, read[-1].open_ms
        true = await self._true(name, period, first_ms if since_ms is None else since_ms, last_ms)
        if first_ms != (true[0].open_ms if true else last_ms):
            return f"begins at {first_ms} instead of {true[0].open_ms if true else last_ms}"
        if len(read) < BARS and self._venue.has_empty_bars and not await self._is_all(name, period, since_ms, read):
            return f"{len(read)} bars instead of {BARS}"
        # The last one may still go on.
        ended = [bar for bar in true if bar.open_ms < last_ms]
        if [row.open_ms for row in read[:-1]] != [bar.open_ms for bar in ended]:
            return "not a bar for each period in order"
        for row, bar in zip(read[:-1], ended, strict=True):
            if wrong := self._compared(name, row, bar):
                return f"the bar of {row.open_ms}: {wrong}"
        return ""

    async def _is_all(self, name: str, period: str, since_ms: int | None, read: list[Row]) -> bool:
        """Whether there is nothing before the newest ones, since the contract is not older, or behind those from a time on."""
        reach_ms = BARS * Period.parse(period).nominal_ms
        if since_ms is None:
            return not await self._true(name, period, read[0].open_ms - reach_ms, read[0].open_ms - 1)
        return not await self._true(name, period, read[-1].open_ms + 1, read[-1].open_ms + reach_ms)

    def _compared(self, name: str, row: Row, bar: Truth) -> str:
        for field, mine, theirs in zip(Row._fields[1:5], row[1:5], bar[1:5], strict=True):
            if Decimal(mine) != theirs:
                return f"{field} is read as {mine}, and is {theirs}"
        market, volume = self._listed[name], Decimal(row.volume)
        if not market.is_inverse:
            return "" if volume == bar.volume else f"volume is read as {volume}, and is {bar.volume}"
        # Coins of inverse contracts are a sum of quotients: it lies between what all had cost at the highest and at the lowest.
        paid = bar.volume * Decimal(market.contract_size or "0")
        if not paid / bar.high * (1 - _FLOAT) - _ROUNDED <= volume <= paid / bar.low * (1 + _FLOAT) + _ROUNDED:
            return f"{volume} coins are read for {paid} dollars"
        return ""

    async def _all_trades(self, question: str, read: list) -> str:
        number = minutes = 0
        for name, since_ms, rows in read:
            fills = [Fill(*row) for row in rows]
            wrong, whole = await self._trades(name, since_ms, fills)
            if not wrong and question == STREAM and whole < WHOLE_MINUTES:
                wrong = f"{whole} whole minutes in {len(fills)} trades"
            if wrong:
                return f"{name}: {wrong}"
            number, minutes = number + len(fills), minutes + whole
        if not minutes:
            return f"no whole minute in {number} trades"
        self.seen.append(f"{number:,} {question} in {minutes} minutes")
        return ""

    async def _trades(self, name: str, since_ms: int | None, read: list[Fill]) -> tuple[str, int]:
        """Numbered without a hole where the venue does so; whole minutes add up to the truth in every field, sides too."""
        if self._venue.has_ids and any(int(b.number) != int(a.number) + 1 for a, b in pairwise(read)):
            return "ids are not consecutive", 0
        if len({fill.number for fill in read}) < len(read):
            return "an id comes twice", 0
        market, is_linear = self._listed[name], not self._listed[name].is_inverse
        unit = Decimal(market.contract_size or "1") if is_linear else Decimal(1)
        for fill in read:
            if self._venue.has_ticks and Decimal(fill.price) % Decimal(market.tick):
                return f"the price {fill.price} is no multiple of the tick {market.tick}", 0
            if Decimal(fill.amount) % Decimal(market.step):
                return f"the amount {fill.amount} is no multiple of the step {market.step}", 0
        whole = 0
        minutes = _minutes(read)
        if since_ms is None:
            # The first minute may have begun before.
            del minutes[:1]
        elif minutes and any(bar.trade_count for bar in await self._true(name, "1m", since_ms, minutes[0][0] - 1)):
            return f"begins in the minute of {minutes[0][0]} instead of {since_ms}", 0
        # The last one may go on.
        for minute_ms, fills in minutes[:-1]:
            true = await self._true(name, "1m", minute_ms, minute_ms)
            if not true or (wrong := _added(fills, true[0], unit)):
                return f"the minute of {minute_ms}: {wrong if true else 'the market has none'}", whole
            whole += 1
        return "", whole

    async def _true(self, name: str, period: str, from_ms: int, to_ms: int) -> list[Truth]:
        """Of the periods that open between the two times, both included; those that the venue leaves out are left out."""
        asked = {"symbol": name, "period": str(Period.parse(period)), "from": from_ms, "to": to_ms + 1}
        answer = await self._exchange.get("/klagg/truth", asked)
        bars = [Truth(bar[0], *map(Decimal, bar[1:7]), bar[7], *map(Decimal, bar[8:])) for bar in answer["bars"]]
        return [bar for bar in bars if bar.trade_count or self._venue.has_empty_bars]


def _minutes(read: Sequence[Fill]) -> list[tuple[int, list[Fill]]]:
    """The trades of each minute; late ones belong to their minute."""

    def minute_of(fill: Fill) -> int:
        return fill.traded_ms // _MINUTE_MS

    return [(minute * _MINUTE_MS, list(fills)) for minute, fills in groupby(sorted(read, key=minute_of), key=minute_of)]


def _added(fills: Sequence[Fill], true: Truth, unit: Decimal) -> str:
    """What is wrong with the sums of a minute's trades."""
    prices = [Decimal(fill.price) for fill in fills]
    made = {
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "volume": sum(Decimal(fill.amount) for fill in fills) * unit,
        "trade_count": sum(fill.fills for fill in fills),
        "taker_buy_volume": sum(Decimal(fill.amount) for fill in fills if fill.side == "buy") * unit,
    }
    for field, value in made.items():
        if value != getattr(true, field):
            return f"{field} of its trades is {value}, and is {getattr(true, field)}"
    return ""
