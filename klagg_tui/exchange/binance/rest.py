"""The questions to Binance over HTTP: its `MarketData`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Unpack

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.derivatives import ContractQuote
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import Exact, price_as_decimal
from klagg_tui.engine.parsing import price
from klagg_tui.engine.period import Period
from klagg_tui.errors import Unreachable
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.binance.facts import LONGEST_REFUSAL_MS, REFUSALS
from klagg_tui.exchange.binance.products import UM, Product
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.transport.client import MarketClient, ReadTickers, within
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.http import Answer
from klagg_tui.exchange.transport.rules import HttpOptions, HttpRules
from klagg_tui.exchange.venue import Priority, Request, StreamCodec

USED_WEIGHT: Final = "X-MBX-USED-WEIGHT-1M"

MOST_COST: Final = 10
"""Times the documented cost of a minute, whatever a listing says: who asks without a bound is banned."""
RECENT_TRADES: Final = 200
"""As many cost as much as the largest page."""
FUNDED_MS: Final = 3_600_000
"""Between two looks at how often funding is paid."""
SETTLED_MS: Final = 5_000
"""How long before the date of an answer a bar must have ended to be shown final by it."""


def rules(product: Product) -> HttpRules:
    """How it answers."""
    return HttpRules(
        requests=product.requests,
        used_header=USED_WEIGHT,
        refusals=REFUSALS,
        longest_pause_ms=LONGEST_REFUSAL_MS,
        blocked_advice=product.blocked_advice,
        read_failure=wire.read_failure,
    )


class RestClient(MarketClient):
    """See `MarketData`; `product`: what is asked for there."""

    def __init__(
        self, base_url: str, clock: ExchangeClock, product: Product = UM, **options: Unpack[HttpOptions]
    ) -> None:
        super().__init__(base_url, clock, rules(product), wire.time_request(product), wire.read_time, **options)
        self._product = product
        self._worth: dict[str, Exact] = {}
        """By symbol: the value of a contract, as the listing said."""
        self._funded_every: dict[str, int] = {}
        """By symbol: milliseconds between two payments of funding, where that is not the usual."""
        self._funded_ms: int | None = None
        """When that was asked for."""

    @property
    def codec(self) -> StreamCodec:
        """The same for every contract: what one is worth, the listing says."""
        return wire.codec(self._product)

    async def instruments(self) -> Instruments:
        """Every contract the exchange lists."""
        read = partial(wire.read_instruments, product=self._product)
        found = await self.ask(wire.listing_request(self._product), Priority.SEED, read)
        if found.cost_limit:
            self.http.budget.limit = min(found.cost_limit, MOST_COST * self._product.requests.cost_per_minute)
        self._worth |= {one.symbol: price(one.contract_value) for one in found.instruments if one.contract_value}
        return found

    def day(self) -> tuple[Request, ReadTickers]:
        """`ticker/24hr`."""
        values = {symbol: float(price_as_decimal(value)) for symbol, value in self._worth.items()}
        known = values if self._product.is_in_contracts else None
        return wire.tickers_request(self._product), partial(wire.read_tickers, values=known)

    async def bars(
        self,
        symbol: str,
        period: Period,
        start_ms: int | None = None,
        end_ms: int | None = None,
        *,
        limit: int,
        priority: Priority,
        fills: bool = True,  # noqa: ARG002 - it sends a bar for every minute
    ) -> list[Bar]:
        """The exchange's own bars that open from `start_ms` to `end_ms`, both included."""
        worth = await self.listed(symbol, self._worth) if self._product.is_in_contracts else 0
        longest_ms, now_ms = self._product.longest_span_ms, self.now_ms()
        found: list[Bar] = []
        for window in wire.windows(period, start_ms, end_ms, limit, now_ms, longest_ms):
            request = wire.bars_request(symbol, period, *window[:2], limit=window.limit, product=self._product)
            answer = await self.http.get(request, priority)
            found += within(self._bars_of(answer, symbol, period, worth), window.limit)
        return found[-limit:] if start_ms is None else found[:limit]

    def _bars_of(self, answer: Answer, symbol: str, period: Period, worth: Exact) -> list[Bar]:
        asked_ms = self.clock.now_ms(answer.sent_ms)
        shown_ms = (answer.date_ms or 0) - SETTLED_MS
        return self.http.read(lambda body: wire.read_bars(body, symbol, period, asked_ms, shown_ms, worth), answer.body)

    async def trades(
        self,
        symbol: str,
        from_id: int,
        *,
        since_ms: int = 0,  # noqa: ARG002 - for venues that are asked by time
        limit: int,
        priority: Priority,
    ) -> list[AggTrade]:
        """Aggregate trades from an id on."""
        request = wire.trades_request(symbol, from_id, limit, self._product)
        found = await self.ask(request, priority, lambda body: wire.read_trades(body, symbol))
        if found and found[0].aggregate_id < from_id:
            raise Unreachable(
                f"The exchange gave trade {found[0].aggregate_id} of {symbol} where {from_id} was asked for."
            )
        return within(found, limit)

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:
        """The newest aggregate trades: those that are asked for without an id."""
        request = wire.trades_request(symbol, None, RECENT_TRADES, self._product)
        return within(await self.ask(request, priority, lambda body: wire.read_trades(body, symbol)), RECENT_TRADES)

    async def quotes(self, symbols: Sequence[str], *, priority: Priority) -> list[ContractQuote]:
        """Open interest, and how often funding is paid; the rest comes by the stream."""
        if not self._product.derivatives:
            return []
        if self._funded_ms is None or self.now_ms() - self._funded_ms >= FUNDED_MS:
            self._funded_every = await self.ask(wire.funding_request(self._product), priority, wire.read_funding)
            self._funded_ms = self.now_ms()
        found = []
        for symbol in symbols:
            request = wire.interest_request(symbol, self._product)
            quote = await self.ask(request, priority, partial(wire.read_interest, symbol=symbol))
            every_ms = self._funded_every.get(symbol, wire.FUNDED_EVERY_MS)
            found.append(quote._replace(funding_every_ms=every_ms))
        return found
