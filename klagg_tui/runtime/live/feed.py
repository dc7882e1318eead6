"""The live market as a source: the exchange is reached first, then everything is built on it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final

from klagg_tui.errors import ExchangeError, GeoBlocked, StorageError, Unreachable
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import MarketData
from klagg_tui.feed import Mode
from klagg_tui.runtime.live.context import Contract, LiveContext, note_clock, remove_future
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.keyed import KeyedMarketData
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.source import SourceStatus

log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.2
"""An exchange on this machine may still be starting."""
_LONGEST_PAUSE_S: Final = 3.0
_BLOCKED_PAUSE_S: Final = 60.0
_CONNECTING: Final = "connecting"
_UNTIL_THEN: Final = "klagg keeps trying; what is to be fetched waits."


class LiveFeed:
    """A `Source` that follows an exchange. It needs a store: seeding and confirmation work on it."""

    is_live = True

    def __init__(self, endpoint: MarketEndpoint) -> None:
        self.market = endpoint.market
        self.status = SourceStatus(Mode.CONNECTING, _CONNECTING, is_simulated=endpoint.mode is Mode.DEMO)
        self._endpoint = endpoint
        now_ms = time.time() * 1000 if endpoint.start_ms is None else endpoint.start_ms
        self._clock = ExchangeClock(now_ms, steady_ms())
        """Until it can be asked."""
        self._market_data: MarketData | None = None

    @property
    def knows_time(self) -> bool:
        """Whether the exchange told its time."""
        return self._market_data is not None and self._market_data.clock.is_set

    def now_ms(self) -> int:
        """The exchange's clock."""
        return self._clock.now_ms(steady_ms()) if self._market_data is None else self._market_data.now_ms()

    async def run(self, host: MarketHost) -> None:
        """Follow the market until cancelled.

        Raises:
            StorageError: the host has no store.
        """
        if host.store is None:
            raise StorageError("A live market needs a database to work on; name one with --db.")
        if self._market_data is None:  # not before: what asks over HTTP takes as long to load as everything else
            endpoint = self._endpoint
            self._market_data = endpoint.venue.market_data(endpoint.rest_url, self.now_ms(), proxy=endpoint.proxy)
        async with self._market_data as market_data:
            context = LiveContext(host, host.store, self._endpoint.venue, market_data)
            if host.key:
                context = replace(context, market_data=KeyedMarketData(market_data, context.naming))
            # What was learned of stored symbols in earlier runs.
            for known in await context.stored_symbols():
                context.contracts[known.symbol] = Contract(known.first_open_ms, known.anchor)
            await self._reach(market_data.sync, host.notices)
            if self._endpoint.is_real or not market_data.clock.is_set:
                note_clock(market_data.clock, host.notices)
            latest_ms = self._endpoint.latest_ms(market_data.now_ms())
            await self._reach(partial(remove_future, host, host.store, latest_ms, market_data.error_ms()), host.notices)
            # Once it has answered: the first table should not wait for what speaks with an exchange.
            from klagg_tui.runtime.live.market import LiveMarket

            market = LiveMarket(context, self._endpoint, self.status)
            await self._reach(market.universe.reconcile, host.notices)
            await market.run()

    async def _reach(self, ask: Callable[[], Awaitable[None]], notices: dict[str, str]) -> None:
        """Ask until the exchange answers; until then only stored bars are shown, and a notice says why."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await ask()
            except (ExchangeError, StorageError) as error:
                self.status.mode, self.status.connection = Mode.OFFLINE, "no connection"
                told = f"{error} {_UNTIL_THEN}" if isinstance(error, Unreachable) else str(error)
                if notices.get("exchange") != told:
                    log.warning("%s", error)
                notices["exchange"] = told
                await asyncio.sleep(_BLOCKED_PAUSE_S if isinstance(error, GeoBlocked) else pause_s)
                pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)
            else:
                self.status.mode, self.status.connection = self._endpoint.mode, _CONNECTING
                notices.pop("exchange", None)
                return
