"""Seeds a symbol: joins stored and fetched bars with the live trades that follow them.

Whole minutes before the join come from the store and from the exchange's own bars; the minute at the join is whole where
trades were held back since before it began, and partial otherwise, until the exchange's bar of it is fetched.

Where the exchange cannot be asked soon enough, a symbol begins on what is stored, and what is before it is fetched later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade, EarlierBars, PendingGap, SeedBars
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.rollup import BarCover
from klagg_tui.exchange.requests import BarsWanted, cheapest_cover, covering_requests
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.live.context import LiveContext

log = logging.getLogger(__name__)


class Seeder:
    """Seeds symbols."""

    def __init__(self, context: LiveContext, on_too_long: Callable[[tuple[str, ...]], None]) -> None:
        """`on_too_long` is told of symbols that lack more bars than one request brings."""
        self._context = context
        self._on_too_long = on_too_long
        self._host = context.host
        self._store = context.store
        self._market_data = context.market_data
        self._periods = context.periods
        self._most_bars = context.venue.requests.most_bars

    async def seed(self, symbol: str, priority: Priority) -> None:
        """Begin (or begin again) a waiting symbol at the newest minute whose predecessors are final.

        Raises:
            ExchangeError: the bars before that minute cannot be fetched now; the symbol goes on waiting.
        """
        waited = self._host.engine.pending_gap(symbol)
        minute_ms = self._begin_ms(symbol)
        # Minutes not yet written are fetched like missing ones: a flush for each of hundreds of symbols costs more.
        stored = await self._store.seed(symbol, minute_ms, self._periods)
        fetched = await self._fetch(symbol, minute_ms, stored, priority)
        if fetched:
            await self._context.store.add_confirmed(fetched)
            # What is stored may know more than the exchange's bars say, which the larger bars under way are to know too.
            stored = _overlaid(fetched, await self._store.seed(symbol, minute_ms, self._periods))
        gap = self._host.engine.pending_gap(symbol)
        if gap is None or (gap.next_id is not None and waited is not None and waited.next_id is None):
            self._stand_on(symbol, stored, fetched)  # it began meanwhile
        else:
            self._host.handle([_seed_at(symbol, minute_ms, stored, gap)])

    async def begin(self, symbol: str) -> None:
        """Begin a waiting symbol at its first held trade, on what is stored alone: `complete` is for later."""
        if (gap := self._host.engine.pending_gap(symbol)) is None or not gap.held:
            return
        minute_ms = gap.held[0].traded_ms // MINUTE_MS * MINUTE_MS
        stored = await self._store.seed(symbol, minute_ms, self._periods)
        if (gap := self._host.engine.pending_gap(symbol)) and gap.next_id is None:
            first = gap.held[0]
            minute_ms = max(minute_ms, first.traded_ms // MINUTE_MS * MINUTE_MS)
            self._host.handle(
                [SeedBars(symbol, minute_ms, stored, None, first.aggregate_id, max(minute_ms, first.traded_ms) + 1)]
            )

    async def complete(self, symbol: str) -> None:
        """Fetch what the larger bars under way of a running symbol lack.

        Raises:
            ExchangeError: it cannot be fetched now.
        """
        minute_ms = self._begin_ms(symbol)
        stored = await self._store.seed(symbol, minute_ms, self._periods)
        stored = tuple(bar for bar in stored if bar.state is not State.PARTIAL)
        contract, venue = self._context.contract(symbol), self._context.venue
        begin_ms = min(period.open_ms(minute_ms, contract.anchor) for period in self._periods)
        hole_ms = BarCover(stored).reached_ms(max(begin_ms, contract.listed_ms // MINUTE_MS * MINUTE_MS), minute_ms)
        wanted: Iterable[BarsWanted] = ()
        if hole_ms < minute_ms:
            wanted = cheapest_cover(hole_ms, minute_ms, venue.requests, self._context.reach_ms, venue.candle.periods)
            wanted = wanted or self._covering(symbol, minute_ms)
        fetched: list[Bar] = []
        for period, start_ms, end_ms, limit in wanted:
            rows = await self._market_data.bars(symbol, period, start_ms, end_ms, limit=limit, priority=Priority.SEED)
            fetched += _ended(rows, minute_ms)
        await self._context.store.add_confirmed(fetched)
        # What is stored may know more than the exchange's bars say.
        stored = _overlaid(fetched, await self._store.seed(symbol, minute_ms, self._periods))
        self._stand_on(symbol, tuple(bar for bar in stored if bar.state is not State.PARTIAL), fetched)

    def _stand_on(self, symbol: str, stored: tuple[Bar, ...], fetched: list[Bar]) -> None:
        self._host.handle([*self._context.amended(fetched), EarlierBars(symbol, _overlaid(fetched, stored))])

    def _begin_ms(self, symbol: str) -> int:
        """The newest minute whose predecessors are final, but none before the contract: those are of another one."""
        gap = self._host.engine.pending_gap(symbol)
        begun_ms = gap.anew_ms if gap else 0
        listed_ms = self._context.contract(symbol).listed_ms
        if listed_ms <= self._context.now_ms():  # listings are wrong at times
            begun_ms = max(begun_ms, listed_ms)
        return max(self._context.settled_ms(), begun_ms) // MINUTE_MS * MINUTE_MS

    async def _fetch(self, symbol: str, minute_ms: int, stored: tuple[Bar, ...], priority: Priority) -> list[Bar]:
        """What the store lacks for the forming bars: the newest minutes, and bars of all lengths where that is not enough."""
        bars: list[Bar] = []
        newest_ms = await self._store.ended_until(symbol, Period.M1, minute_ms)
        partial_ms = [bar.open_ms for bar in stored if bar.period is Period.M1 and bar.state is State.PARTIAL]
        newest_ms = min(partial_ms, default=newest_ms)
        missing = (minute_ms - newest_ms) // MINUTE_MS if newest_ms is not None else 0
        if missing > self._most_bars or ((newest_ms or 0) < self._context.reach_ms(Period.M1) and missing > 0):
            self._on_too_long((symbol,))
        elif missing > 0:
            rows = await self._market_data.bars(
                symbol, Period.M1, newest_ms, minute_ms - 1, limit=missing, priority=priority
            )
            bars += _ended(rows, minute_ms)
        if self._is_covered(symbol, minute_ms, _overlaid(stored, bars)):
            return bars
        for request in self._covering(symbol, minute_ms):
            wanted, start_ms, end_ms, limit = request
            rows = await self._market_data.bars(symbol, wanted, start_ms, end_ms, limit=limit, priority=priority)
            bars += _ended(rows, minute_ms)
        return bars

    def _covering(self, symbol: str, minute_ms: int) -> Iterator[BarsWanted]:
        """What covers the forming bars, as far as the exchange has it and one answer holds it."""
        anchor, had = self._context.contract(symbol).anchor, self._context.venue.candle.periods
        for period, start_ms, end_ms, limit in covering_requests(self._periods, minute_ms, anchor, had):
            from_ms = max(start_ms, self._context.reach_ms(period), end_ms + 1 - self._most_bars * period.nominal_ms)
            if from_ms <= end_ms:
                lost = (from_ms - start_ms) // period.nominal_ms
                yield BarsWanted(period, from_ms, end_ms, limit - lost)

    def _is_covered(self, symbol: str, minute_ms: int, bars: Iterable[Bar]) -> bool:
        """Whether the bars cover every forming larger bar up to the minute."""
        cover = BarCover(bars)
        listed_ms, anchor, _ = self._context.contract(symbol)
        for period in self._periods:
            part = cover.cover(symbol, period, period.open_ms(minute_ms, anchor), minute_ms, listed_ms)
            if part is not None and part.state is State.PARTIAL:
                return False
        return True


def _seed_at(symbol: str, minute_ms: int, bars: tuple[Bar, ...], gap: PendingGap) -> SeedBars:
    """The seed whose first trade is the first held one of the minute; earlier held ones are in the bars already."""
    first = next((trade for trade in gap.held if trade.traded_ms >= minute_ms), None)
    if first is None:
        return SeedBars(symbol, minute_ms, bars, None, None)
    known_from_ms = minute_ms if _holds_since_before(gap.held, first, minute_ms) else first.traded_ms + 1
    return SeedBars(symbol, minute_ms, bars, None, first.aggregate_id, known_from_ms)


def _holds_since_before(held: tuple[AggTrade, ...], first: AggTrade, minute_ms: int) -> bool:
    """Whether the trade just before `first` is held too and lies before the minute, so that none of it is missing."""
    return any(trade.aggregate_id == first.aggregate_id - 1 and trade.traded_ms < minute_ms for trade in held)


def _ended(rows: Iterable[Bar], minute_ms: int) -> list[Bar]:
    return [bar for bar in rows if bar.end_ms <= minute_ms and bar.state is not State.FORMING]


def _overlaid(bars: Iterable[Bar], better: Iterable[Bar]) -> tuple[Bar, ...]:
    return tuple({bar.key: bar for bar in (*bars, *better)}.values())
