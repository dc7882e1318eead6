"""The questions to Coinbase over HTTP: its `MarketData`."""

from __future__ import annotations

from typing import Final, Unpack

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.exchange.coinbase import wire
from klagg_tui.exchange.coinbase.facts import (
    BLOCKED_ADVICE,
    GRANULARITIES,
    LONGEST_REFUSAL_MS,
    MOST_ROWS,
    REFUSALS,
    REQUESTS,
)
from klagg_tui.exchange.coinbase.wire import Window
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.requests import opens_wanted
from klagg_tui.exchange.transport.client import MarketClient, ReadTickers, within
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.http import Answer
from klagg_tui.exchange.transport.rules import HttpOptions, HttpRules
from klagg_tui.exchange.venue import Priority, Request, StreamCodec

SETTLED_MS: Final = 30_000
"""How long before the date of an answer a bar must have ended to be shown final by it, or to be shown missing."""

RECENT_TRADES: Final = 200

_LOOKS_BACK: Final = ((Period.H1, 1), (Period.D1, 5))
"""Where the price before a quiet day is looked for, twelve days and four years back; bars and pages of them."""

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
        self._ended: frozenset[str] = frozenset()
        """Products that are listed and no longer traded: without a bar they have no flat one either."""
        self._untraded_ms: dict[str, int] = {}
        """Before when a product was never traded."""

    @property
    def codec(self) -> StreamCodec:
        """The same for every product."""
        return wire.CODEC

    async def instruments(self) -> Instruments:
        """Every product the exchange lists."""
        found = await self.ask(wire.PRODUCTS, Priority.SEED, wire.read_products)
        self._ended = frozenset(product.symbol for product in found.instruments if not product.is_followable)
        return found

    def day(self) -> tuple[Request, ReadTickers]:
        """Of all products."""
        return wire.STATS, wire.read_tickers

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
        """Bars that open from `start_ms` to `end_ms`, both included, flat ones where the exchange has none.

        Behind the last trade of a product that is no longer traded there are none.
        """
        if period not in GRANULARITIES:
            return []
        step_ms = period.nominal_ms
        first_ms, last_ms = opens_wanted(period, start_ms, end_ms, limit, self.now_ms())
        whole: list[Bar] = []
        page_ms = REQUESTS.most_bars * step_ms
        for from_ms in range(first_ms, last_ms + 1, page_ms):
            whole += await self._page(
                symbol, Window(period, from_ms, min(last_ms, from_ms + page_ms - step_ms)), priority, fills=fills
            )
        return whole

    async def _page(self, symbol: str, window: Window, priority: Priority, *, fills: bool) -> list[Bar]:
        """As many bars as one reply may have, with the rest of the longer ones around them."""
        blocks = window.blocks
        found, answer = await self._candles(symbol, window.period, blocks.start, blocks.stop, priority)
        newest_ms = found[-1].open_ms if found else 0
        over_ms = min(self.clock.now_ms(answer.sent_ms), max((answer.date_ms or 0) - SETTLED_MS, newest_ms))
        if not fills:
            sent = [bar for bar in found if window.first_ms <= bar.open_ms <= window.last_ms]
            return wire.judged(sent, symbol, over_ms)
        around: list[Bar] = []
        close: Exact | None = None
        if not window.is_whole(found):
            from_ms = blocks.stop - MOST_ROWS * blocks.step
            around, _ = await self._candles(symbol, window.block, from_ms, blocks.stop, priority)
            before = [bar.close for bar in around if bar.open_ms < blocks.start]
            close = before[-1] if before else await self._close_before(symbol, from_ms, priority)
        until_ms = newest_ms if symbol in self._ended else window.last_ms + 1
        return wire.judged(wire.filled(window, found, around, close, until_ms), symbol, over_ms)

    async def _close_before(self, symbol: str, at_ms: int, priority: Priority) -> Exact | None:
        """The price of the last trade before a quiet time; None where there was none.

        Each longer bar that is asked for holds the moment up to which the shorter ones showed no trade, so its close is that of
        the last trade before.
        """
        first_ms = at_ms
        if first_ms <= self._untraded_ms.get(symbol, -1):
            return None
        for period, pages in _LOOKS_BACK:
            for _ in range(pages):
                until_ms = period.end_ms(period.open_ms(at_ms - 1))
                at_ms = until_ms - MOST_ROWS * period.nominal_ms
                if found := (await self._candles(symbol, period, at_ms, until_ms, priority))[0]:
                    return found[-1].close
        self._untraded_ms[symbol] = first_ms
        return None

    async def _candles(
        self, symbol: str, period: Period, first_ms: int, until_ms: int, priority: Priority
    ) -> tuple[list[Bar], Answer]:
        """The exchange's own bars that open before `until_ms`, some perhaps before `first_ms`, and the answer they came in."""
        request = wire.bars_request(symbol, period, first_ms, until_ms - period.nominal_ms)
        answer = await self.http.get(request, priority)
        found = self.http.read(lambda body: wire.read_bars(body, symbol, period), answer.body)
        return [bar for bar in found if bar.open_ms < until_ms], answer

    async def trades(
        self,
        symbol: str,
        from_id: int,
        *,
        since_ms: int = 0,  # noqa: ARG002 - for venues that are asked by time
        limit: int,
        priority: Priority,
    ) -> list[AggTrade]:
        """Trades from an id on: asked for from behind, because the exchange gives those before an id, the newest first."""
        until_id = from_id + min(limit, REQUESTS.trade_page.rows)
        request = wire.trades_request(symbol, until_id, until_id - from_id)
        found = await self.ask(request, priority, lambda body: wire.read_trades(body, symbol))
        return [trade for trade in found if from_id <= trade.aggregate_id < until_id]

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:
        """The newest trades."""
        request = wire.trades_request(symbol, None, RECENT_TRADES)
        return within(await self.ask(request, priority, lambda body: wire.read_trades(body, symbol)), RECENT_TRADES)
