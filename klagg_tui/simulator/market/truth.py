"""What every bar of the simulated market must be, for judging klagg.

Plain arithmetic with `Decimal` over the texts the exchange sends, one trade after the other; shares neither the engine's
code nor the served klines'. A straddling trade counts in both its minutes, as the exchange's own klines have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Context, Decimal, Inexact, localcontext
from functools import lru_cache
from typing import Final, NamedTuple

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.simulator.market.calendar import MINUTE_MS, ended, opened
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import decimal_text, price_text

_EXACT: Final = Context(prec=60, traps=[Inexact])


class Fill(NamedTuple):
    """What one aggregate trade puts into one minute."""

    price: Decimal
    quantity: Decimal
    fills: int
    is_taker_buy: bool


class Total(NamedTuple):
    """What a stretch of time adds up to."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    fills: int
    taken: Decimal
    taken_turnover: Decimal

    def then(self, later: Total) -> Total:
        """This stretch and the one behind it; one without trades changes nothing."""
        if not later.fills or not self.fills:
            return self if not later.fills else later
        return Total(
            self.open,
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            self.volume + later.volume,
            self.turnover + later.turnover,
            self.fills + later.fills,
            self.taken + later.taken,
            self.taken_turnover + later.taken_turnover,
        )


_ZERO: Final = Decimal(0)
_NOTHING: Final = Total(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, 0, _ZERO, _ZERO)


class Truth:
    """Bars of any symbol, period and time of a market."""

    def __init__(self, market: Market, now_ms: Callable[[], int]) -> None:
        self._market = market
        self._now_ms = now_ms
        self._minute: Callable[[str, int], Total] = lru_cache(maxsize=8192)(self._add_minute)

    def bars(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> tuple[Bar, ...]:
        """Every bar that opens from `from_ms` up to `to_ms` and is over, as confirmed ones, oldest first.

        None before the bar of the listing, none that opens after the delisting, until another contract has the name. Raises
        KeyError for an unknown symbol.
        """
        found: list[Bar] = []
        now_ms = self._now_ms()
        done = 0
        with localcontext(_EXACT):
            for life in self._market.lives[symbol].contracts:
                label, anchor = period.value, life.listing.three_day_anchor
                minute = max(opened(label, max(life.listing.listed_minute, from_ms // MINUTE_MS), anchor), done)
                end = min(-(-to_ms // MINUTE_MS), life.until)
                while minute < end and (after := ended(label, minute)) * MINUTE_MS <= now_ms:
                    if minute * MINUTE_MS >= from_ms:
                        found.append(self._bar(symbol, period, minute, after))
                    minute = done = after
        return tuple(found)

    def _bar(self, symbol: str, period: Period, first: int, end: int) -> Bar:
        total = _NOTHING
        for minute in self._minutes(symbol, first, end):
            total = total.then(self._minute(symbol, minute))
        if not total.fills:
            close = self._close_before(symbol, first)
            total = total._replace(open=close, high=close, low=close, close=close)
        return Bar(
            symbol,
            period,
            first * MINUTE_MS,
            parsing.number(f"{total.open:f}"),
            parsing.number(f"{total.high:f}"),
            parsing.number(f"{total.low:f}"),
            parsing.number(f"{total.close:f}"),
            parsing.number(f"{total.volume:f}"),
            parsing.turnover(f"{total.turnover:f}"),
            total.fills,
            parsing.number(f"{total.taken:f}"),
            parsing.turnover(f"{total.taken_turnover:f}"),
            State.CONFIRMED,
        )

    def _minutes(self, symbol: str, first: int, end: int) -> Iterator[int]:
        """Every minute that may hold something: before the start only those with trades, then each."""
        past = min(end, self._market.start_minute)
        yield from self._market.traded(symbol, first, past)
        yield from range(max(first, past), min(end, self._market.lives[symbol].until))

    def _add_minute(self, symbol: str, minute: int) -> Total:
        total = _NOTHING
        for fill in self._fills(symbol, minute):
            price, worth = fill.price, fill.price * fill.quantity
            taken, taken_worth = (fill.quantity, worth) if fill.is_taker_buy else (_ZERO, _ZERO)
            one = Total(price, price, price, price, fill.quantity, worth, fill.fills, taken, taken_worth)
            total = total.then(one)
        return total

    def _fills(self, symbol: str, minute: int) -> tuple[Fill, ...]:
        listing = self._market.listing(symbol)
        decimals = listing.quantity_decimals
        rows = [
            Fill(
                self._price(symbol, minute, trade.price),
                Decimal(decimal_text(trade.quantity, decimals)),
                trade.last_trade_id - trade.first_trade_id + 1,
                not trade.is_buyer_maker,
            )
            for trade in self._market.anonymous(symbol, minute)
        ]
        after = self._market.carried(symbol, minute + 1)
        if after:
            last = rows[-1]
            rows[-1] = last._replace(
                quantity=last.quantity - Decimal(decimal_text(after.quantity, decimals)), fills=last.fills - after.fills
            )
        before = self._market.carried(symbol, minute)
        if before:
            quantity = Decimal(decimal_text(before.quantity, decimals))
            price = self._price(symbol, minute - 1, before.price)
            rows.insert(0, Fill(price, quantity, before.fills, not before.is_buyer_maker))
        return tuple(rows)

    def _price(self, symbol: str, minute: int, units: int) -> Decimal:
        listing = self._market.listing(symbol)
        _, shown = self._market.tick(symbol, minute)
        return Decimal(price_text(units, listing.price_unit_decimals, shown))

    def _close_before(self, symbol: str, minute: int) -> Decimal:
        traded = self._market.traded_before(symbol, minute)
        if traded is None:
            return Decimal(0)
        return self._price(symbol, traded, self._market.anonymous(symbol, traded)[-1].price)
