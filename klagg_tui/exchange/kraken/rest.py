"""The questions to Kraken over HTTP: its `MarketData`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Unpack

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.exchange.fields import LATEST_MS
from klagg_tui.exchange.kraken.facts import (
    BLOCKED_ADVICE,
    INTERVALS,
    LONGEST_REFUSAL_MS,
    MOST_PAGES,
    REFUSALS,
    REQUESTS,
)
from klagg_tui.exchange.kraken.wire.answers import read_error, read_failure, read_time
from klagg_tui.exchange.kraken.wire.bars import read_bars
from klagg_tui.exchange.kraken.wire.frames import CODEC
from klagg_tui.exchange.kraken.wire.pairs import read_pairs
from klagg_tui.exchange.kraken.wire.requests import PAIRS, TICKERS, TIME, bars_request, trades_request
from klagg_tui.exchange.kraken.wire.tickers import read_tickers
from klagg_tui.exchange.kraken.wire.trades import TradePage, read_trades
from klagg_tui.exchange.listing import Instruments
from klagg_tui.exchange.minutes import made_minutes, whole_until_ms
from klagg_tui.exchange.requests import opens_wanted
from klagg_tui.exchange.transport.client import MarketClient, ReadTickers, within
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.rules import HttpOptions, HttpRules
from klagg_tui.exchange.venue import Priority, Request, StreamCodec

SETTLED_MS: Final = 10_000
"""How long before the date of an answer a bar must have ended to be shown final by it."""
_LOOKS_BACK_MS: Final = (10 * MINUTE_MS, 6 * 60 * MINUTE_MS, 10 * 1_440 * MINUTE_MS, 720 * 1_440 * MINUTE_MS)
"""How long before minutes that are made of trades the trade before them is looked for, one after the other."""
_EDGE: Final = 20
"""Bars that may lack of the newest ones that the exchange has, by its documentation, of a pair that is older."""
_BEFORE_MS: Final = 1_000
"""From when on trades after a trade are asked for: times may not rise with the ids."""
_OVERLAP_NS: Final = 10_000_000

RULES: Final = HttpRules(
    requests=REQUESTS,
    refusals=REFUSALS,
    longest_pause_ms=LONGEST_REFUSAL_MS,
    blocked_advice=BLOCKED_ADVICE,
    read_failure=read_failure,
    read_error=read_error,
    time_grain_ms=500,
)


class RestClient(MarketClient):
    """See `MarketData`."""

    def __init__(self, base_url: str, clock: ExchangeClock, **options: Unpack[HttpOptions]) -> None:
        super().__init__(base_url, clock, RULES, TIME, read_time, **options)
        self._rest_names: dict[str, str] = {}
        """What REST calls a symbol."""
        self._symbols: dict[str, str] = {}
        """By what REST calls pairs in its answers."""

    @property
    def codec(self) -> StreamCodec:
        """The same for every pair."""
        return CODEC

    async def instruments(self) -> Instruments:
        """Every pair the exchange lists."""
        found = await self.ask(PAIRS, Priority.SEED, read_pairs)
        self._rest_names.update(found.rest_names)
        self._symbols.update(found.symbols)
        return found.listed

    def day(self) -> tuple[Request, ReadTickers]:
        """Of all pairs."""
        return TICKERS, partial(read_tickers, symbols=self._symbols)

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
        """Bars that open from `start_ms` to `end_ms`, both included, as far as there are any.

        The exchange has the newest 720 of a period. Older minutes are made of its trades, thirty requests of them at the most:
        where that does not suffice, the answer ends before.
        """
        if period not in INTERVALS:
            return []
        pair = await self.listed(symbol, self._rest_names)
        now_ms, step_ms = self.now_ms(), period.nominal_ms
        first_ms, last_ms = opens_wanted(period, start_ms, end_ms, limit, now_ms)
        newest_ms = period.open_ms(now_ms)
        is_in_reach = newest_ms - last_ms <= REQUESTS.most_bars * step_ms
        own = await self._own_bars(symbol, pair, period, priority) if is_in_reach else []
        bars = [bar for bar in own if first_ms <= bar.open_ms <= last_ms]
        made_ms = min(last_ms + step_ms, own[0].open_ms if own else LATEST_MS)
        # Where fewer came than the exchange has of old pairs, the pair began with them.
        has_older = not is_in_reach or (own and newest_ms - own[0].open_ms >= (REQUESTS.most_bars - _EDGE) * step_ms)
        if fills and start_ms is not None and has_older and period is Period.M1 and first_ms < made_ms:
            bars = await self._made_bars(symbol, pair, (first_ms, made_ms), priority) + bars
        return bars

    async def trades(
        self, symbol: str, from_id: int, *, since_ms: int = 0, limit: int, priority: Priority
    ) -> list[AggTrade]:
        """Trades from an id on, asked for by the time of one before; where none is known the newest must reach back so far."""
        pair = await self.listed(symbol, self._rest_names)
        until_id = from_id + min(limit, REQUESTS.trade_page.rows)
        walk = self._walk(symbol, pair, (since_ms - _BEFORE_MS) * 1_000_000 if since_ms else None, priority)
        found: list[AggTrade] = []
        while fresh := await walk.further():
            if not (since_ms or found) and fresh[0].aggregate_id > from_id:
                break
            found += [trade for trade in fresh if from_id <= trade.aggregate_id < until_id]
            if fresh[-1].aggregate_id >= until_id - 1:
                break
        return found

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:
        """The newest trades: those that are asked for without a time."""
        pair = await self.listed(symbol, self._rest_names)
        page = await self.ask(trades_request(pair, None), priority, partial(read_trades, name=symbol))
        return within(page.trades, REQUESTS.trade_page.rows)

    async def _own_bars(self, symbol: str, pair: str, period: Period, priority: Priority) -> list[Bar]:
        """The exchange's, as many as it has."""
        answer = await self.http.get(bars_request(pair, period), priority)
        asked_ms, shown_ms = self.clock.now_ms(answer.sent_ms), (answer.date_ms or 0) - SETTLED_MS
        return self.http.read(lambda body: read_bars(body, symbol, period, asked_ms, shown_ms), answer.body)

    async def _made_bars(self, symbol: str, pair: str, within: tuple[int, int], priority: Priority) -> list[Bar]:
        """Minutes that open within two times, made of trades, as far as all trades up to their end came."""
        first_ms, end_ms = within
        walk, trades = await self._begun_before(symbol, pair, first_ms, priority)
        fresh = trades
        while fresh and fresh[-1].traded_ms < end_ms:
            trades += (fresh := await walk.further())
        until_ms = whole_until_ms(trades, end_ms if walk.is_all else 0)
        return made_minutes(trades, symbol, first_ms, min(end_ms, until_ms))

    async def _begun_before(
        self, symbol: str, pair: str, first_ms: int, priority: Priority
    ) -> tuple[TradeWalk, list[AggTrade]]:
        """A walk from before a time on, and its first page, with a trade from before that time where there is any."""
        for back_ms in _LOOKS_BACK_MS[:-1]:
            walk = self._walk(symbol, pair, (first_ms - back_ms) * 1_000_000, priority)
            trades = await walk.further()
            if trades and trades[0].traded_ms < first_ms:
                return walk, trades
        walk = self._walk(symbol, pair, (first_ms - _LOOKS_BACK_MS[-1]) * 1_000_000, priority)
        return walk, await walk.further()

    def _walk(self, symbol: str, pair: str, since_ns: int | None, priority: Priority) -> TradeWalk:
        async def ask(since_ns: int | None) -> TradePage:
            return await self.ask(trades_request(pair, since_ns), priority, partial(read_trades, name=symbol))

        return TradeWalk(ask, since_ns)


class TradeWalk:
    """Trades from a time on, page by page, each trade once, for `MOST_PAGES` at the most.

    A page begins a little before the moment at which the one before it ended, in case that times do not rise with the ids; and
    at that moment where a page was full of what had come. Where one is full of that moment there is no way past it.
    """

    def __init__(self, ask: Callable[[int | None], Awaitable[TradePage]], since_ns: int | None) -> None:
        self.is_all = False
        """Whether there are no newer ones than those that came."""
        self._ask = ask
        self._since_ns = since_ns
        self._last_ns = since_ns
        self._last_id = -1
        self._pages = 0

    async def further(self) -> list[AggTrade]:
        """The next ones; none where there are no more, or where it does not go on."""
        while self._pages < MOST_PAGES:
            self._pages += 1
            page = await self._ask(self._since_ns)
            if fresh := [trade for trade in page.trades if trade.aggregate_id > self._last_id]:
                self._last_id, self._last_ns = fresh[-1].aggregate_id, page.last_ns
                self._since_ns = page.last_ns - _OVERLAP_NS
                return fresh
            self.is_all = len(page.trades) < REQUESTS.trade_page.rows
            if self.is_all or self._since_ns == self._last_ns:
                break
            self._since_ns = self._last_ns
        return []
