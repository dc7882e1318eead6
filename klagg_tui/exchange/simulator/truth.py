"""What every bar of the simulated market must be, for judging klagg.

Plain arithmetic with `Decimal` over the texts the exchange sends, one trade after the other; shares neither the engine's
code nor the served klines'. A straddling trade counts in both its minutes, as the exchange's own klines have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Context, Decimal, Inexact, localcontext
from functools import lru_cache
from typing import Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.exchange.simulator.calendar import MINUTE_MS, ended, opened
from klagg_tui.exchange.simulator.market import Market
from klagg_tui.exchange.simulator.text import decimal_text, price_text

_EXACT: Final = Context(prec=60, traps=[Inexact])


class Fill(NamedTuple):
    """What one aggregate trade puts into one minute."""

    price: Decimal
    quantity: Decimal
    fills: int
    is_taker_buy: bool


class Truth:
    """Bars of any symbol, period and time of a market."""

    def __init__(self, market: Market, now_ms: Callable[[], int]) -> None:
        self._market = market
        self._now_ms = now_ms
        self._minute: Callable[[str, int], tuple[Fill, ...]] = lru_cache(maxsize=4096)(self._fills)

    def bars(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> tuple[Bar, ...]:
        """Every bar that opens from `from_ms` up to `to_ms` and is over, as confirmed ones, oldest first.

        None before the bar of the listing, none that opens after the delisting. Raises KeyError for an unknown symbol.
        """
        listing = self._market.listing(symbol)
        label, anchor = period.value, listing.three_day_anchor
        minute = opened(label, max(listing.listed_minute, from_ms // MINUTE_MS), anchor)
        end = min(-(-to_ms // MINUTE_MS), self._market.lives[symbol].until)
        found: list[Bar] = []
        now_ms = self._now_ms()
        with localcontext(_EXACT):
            while minute < end and (after := ended(label, minute)) * MINUTE_MS <= now_ms:
                if minute * MINUTE_MS >= from_ms:
                    found.append(self._bar(symbol, period, minute, after))
                minute = after
        return tuple(found)

    def symbols(self) -> tuple[str, ...]:
        """All symbols that trade or have traded in the market."""
        return tuple(self._market.lives)

    def _bar(self, symbol: str, period: Period, first: int, end: int) -> Bar:
        opening = high = low = close = volume = turnover = taken = taken_turnover = Decimal(0)
        count = 0
        for fill in self._between(symbol, first, end):
            worth = fill.price * fill.quantity
            opening = opening or fill.price
            high, low, close = max(high, fill.price), min(low or fill.price, fill.price), fill.price
            volume, turnover, count = volume + fill.quantity, turnover + worth, count + fill.fills
            if fill.is_taker_buy:
                taken, taken_turnover = taken + fill.quantity, taken_turnover + worth
        if not count:
            opening = high = low = close = self._close_before(symbol, first)
        return Bar(
            symbol,
            period,
            first * MINUTE_MS,
            _exact(opening),
            _exact(high),
            _exact(low),
            _exact(close),
            _exact(volume),
            exact.turnover(f"{turnover:f}"),
            count,
            _exact(taken),
            exact.turnover(f"{taken_turnover:f}"),
            State.CONFIRMED,
        )

    def _between(self, symbol: str, first: int, end: int) -> Iterator[Fill]:
        past = min(end, self._market.start_minute)
        for minute in self._market.traded(symbol, first, past):
            yield from self._minute(symbol, minute)
        for minute in range(max(first, past), min(end, self._market.lives[symbol].until)):
            yield from self._minute(symbol, minute)

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


def _exact(value: Decimal) -> int:
    return exact.number(f"{value:f}")
