"""The questions to Hyperliquid over HTTP: its `MarketData`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Unpack

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.derivatives import ContractQuote
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.exchange.hyperliquid import wire
from klagg_tui.exchange.hyperliquid.facts import BLOCKED_ADVICE, LONGEST_REFUSAL_MS, MOST_BARS, REFUSALS, REQUESTS
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.requests import opens_wanted
from klagg_tui.exchange.transport.client import MarketClient, ReadTickers
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.rules import HttpOptions, HttpRules
from klagg_tui.exchange.venue import Priority, Request, StreamCodec

LEAD: Final = 60
"""Bars before the first that is wanted, for the price of those without trades: at a cost of 1."""
SETTLED_MS: Final = 5_000
"""How long before the date of an answer a bar must have ended to be shown final by it."""

RULES: Final = HttpRules(
    requests=REQUESTS,
    refusals=REFUSALS,
    longest_pause_ms=LONGEST_REFUSAL_MS,
    blocked_advice=BLOCKED_ADVICE,
    read_failure=wire.read_failure,
)


class RestClient(MarketClient):
    """See `MarketData`."""

    def __init__(self, base_url: str, clock: ExchangeClock, **options: Unpack[HttpOptions]) -> None:
        super().__init__(base_url, clock, RULES, wire.TIME, wire.read_time, **options)
        self.codec: StreamCodec = wire.codec()

    async def instruments(self) -> Instruments:
        """Every perpetual that the exchange lists."""
        return await self.ask(wire.LISTING, Priority.SEED, wire.read_instruments)

    def day(self) -> tuple[Request, ReadTickers]:
        """Of all coins."""
        return wire.CONTEXTS, wire.read_tickers

    async def quotes(self, symbols: Sequence[str], *, priority: Priority) -> list[ContractQuote]:  # noqa: ARG002
        """Of all coins at once."""
        return await self.ask_at(wire.CONTEXTS, priority, wire.read_quotes)

    async def bars(
        self,
        symbol: str,
        period: Period,
        start_ms: int | None = None,
        end_ms: int | None = None,
        *,
        limit: int,
        priority: Priority,
        fills: bool = True,
    ) -> list[Bar]:
        """The exchange's own bars that open from `start_ms` to `end_ms`, both included."""
        first_ms, last_ms = opens_wanted(period, start_ms, end_ms, min(limit, MOST_BARS), self.now_ms())
        if first_ms > last_ms:
            return []
        asked_ms = max(0, first_ms - LEAD * period.nominal_ms)
        answer = await self.http.get(wire.bars_request(symbol, period, asked_ms, last_ms), priority)
        over_ms = min(self.clock.now_ms(answer.sent_ms), (answer.date_ms or 0) - SETTLED_MS)
        found = self.http.read(
            lambda body: wire.read_bars(body, symbol, period, over_ms, last_ms if fills else None), answer.body
        )
        return [bar for bar in found if first_ms <= bar.open_ms <= last_ms]

    async def trades(
        self,
        symbol: str,  # noqa: ARG002 - nothing can be had by these numbers, which are ours
        from_id: int,  # noqa: ARG002
        *,
        since_ms: int = 0,  # noqa: ARG002
        limit: int,  # noqa: ARG002
        priority: Priority,  # noqa: ARG002
    ) -> list[AggTrade]:
        """None: the exchange gives no trades of the past but a few of the newest, and none by number."""
        return []
