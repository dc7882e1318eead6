"""The questions to OKX over HTTP: its `MarketData`."""

from __future__ import annotations

from functools import partial
from itertools import takewhile
from typing import Final, Unpack

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.okx.facts import REQUESTS, SPOT, Market
from klagg_tui.exchange.okx.wire import requests
from klagg_tui.exchange.okx.wire.answers import read_error, read_time
from klagg_tui.exchange.okx.wire.bars import read_bars
from klagg_tui.exchange.okx.wire.frames import codec
from klagg_tui.exchange.okx.wire.instruments import read_instruments
from klagg_tui.exchange.okx.wire.tickers import read_tickers
from klagg_tui.exchange.okx.wire.trades import read_trades
from klagg_tui.exchange.transport.client import MarketClient, ReadTickers, within
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.rules import HttpOptions, HttpRules
from klagg_tui.exchange.units import Contract, SpotContracts
from klagg_tui.exchange.venue import Priority, Request, StreamCodec

RULES: Final = HttpRules(
    requests=REQUESTS,
    refusals=facts.REFUSALS,
    longest_pause_ms=facts.LONGEST_REFUSAL_MS,
    blocked_advice=facts.BLOCKED_ADVICE,
    read_failure=read_error,
    read_error=read_error,
)


class RestClient(MarketClient):
    """See `MarketData`; `market`: swaps or spot."""

    def __init__(self, market: Market, base_url: str, clock: ExchangeClock, **options: Unpack[HttpOptions]) -> None:
        super().__init__(base_url, clock, RULES, requests.TIME, read_time, **options)
        self._market = market
        self._contracts: dict[str, Contract] = SpotContracts() if market is SPOT else {}
        # It knows the contracts of the last listing, and of those before.
        self.codec: StreamCodec = codec(self._contracts)

    async def instruments(self) -> Instruments:
        """Every instrument of the market; what their contracts are worth is kept for what is asked and streamed afterwards."""
        read = partial(read_instruments, market=self._market)
        listed = await self.ask(requests.instruments_request(self._market), Priority.SEED, read)
        self._contracts.update(listed.contracts)
        return listed.instruments

    def day(self) -> tuple[Request, ReadTickers]:
        """Of all instruments of the market."""
        read = partial(read_tickers, market=self._market, contracts=self._contracts)
        return requests.tickers_request(self._market), read

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
        """The exchange's own bars that open from `start_ms` to `end_ms`, both included, at most three hundred."""
        contract = await self._contract(symbol)
        request = requests.bars_request(symbol, period, start_ms, end_ms, limit=limit, now_ms=self.now_ms())
        read = partial(read_bars, symbol=symbol, period=period, market=self._market, contract=contract)
        return within(await self.ask_at(request, priority, read), limit)

    async def trades(
        self,
        symbol: str,
        from_id: int,
        *,
        since_ms: int = 0,  # noqa: ARG002 - for venues that are asked by time
        limit: int,
        priority: Priority,
    ) -> list[AggTrade]:
        """Trades from an id on, at most a hundred, as far as they follow each other."""
        contract = await self._contract(symbol)
        limit = min(limit, REQUESTS.trade_page.rows)
        read = partial(read_trades, symbol=symbol, contract=contract)
        page = await self.ask(requests.trades_request(symbol, from_id, limit), priority, read)
        found = [trade for trade in within(page, limit) if trade.aggregate_id >= from_id]
        if len(found) == limit:
            return found
        # What has just been traded may not be in the history yet.
        recent = await self.ask(requests.recent_trades_request(symbol), priority, read)
        next_id = found[-1].aggregate_id + 1 if found else from_id
        newer = [trade for trade in recent if trade.aggregate_id >= next_id]
        follow = takewhile(lambda at: at[1].aggregate_id == next_id + at[0], enumerate(newer))
        return [*found, *(trade for _, trade in follow)][:limit]

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:
        """The newest trades, up to five hundred."""
        read = partial(read_trades, symbol=symbol, contract=await self._contract(symbol))
        return within(await self.ask(requests.recent_trades_request(symbol), priority, read), facts.RECENT_TRADES)

    async def _contract(self, symbol: str) -> Contract:
        """The unit of an instrument's sizes."""
        return self._contracts[symbol] if self._market is SPOT else await self.listed(symbol, self._contracts)
