"""Bars from before the stored ones, fetched because somebody's chart has come to its edge.

A page of the exchange's at a time, behind everything that is more urgent; stored as history is, so that a hole in it is owed
from then on (see `debts`). Of a period that the exchange has no bars of, the longest are asked for that it is made of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.period import Period, child_of
from klagg_tui.errors import ExchangeError, Refused
from klagg_tui.exchange.requests import BarsWanted, pages
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.live.context import LiveContext

log = logging.getLogger(__name__)

_MOST: Final = 600
"""Bars of a page, ten hours of minutes: more are not looked at soon, where the exchange gives thousands at once."""
_MADE_OF_TRADES: Final = 120
"""Minutes at a time where the exchange has none so old and they are made of its trades: some requests of a busy symbol."""


class _Bound(NamedTuple):
    """What keeps older bars away: none opens before it."""

    open_ms: int
    why: OlderBars


class OlderPages:
    """Asks for them."""

    def __init__(self, context: LiveContext, keep: Mapping[Period, int], on_hole: Callable[[], None]) -> None:
        """`keep`: for how many milliseconds bars of a period are kept; `on_hole` is told where fewer came than were asked for."""
        self._context = context
        self._keep = keep
        self._on_hole = on_hole

    async def fetch(self, symbol: str, period: Period, before_ms: int) -> OlderBars:
        """Store one page of bars that end by `before_ms`, where a bar of the period opens."""
        bound = self._bound(symbol, period)
        if before_ms <= bound.open_ms:
            return bound.why
        try:
            has_come = await self._fetch(symbol, self._pages(symbol, period, bound.open_ms, before_ms))
        except Refused as error:
            log.info("older bars of %s %s: %s", symbol, period, error)
            has_come = False
        except ExchangeError as error:
            log.info("older bars of %s %s: %s", symbol, period, error)
            return OlderBars(Edge.UNREACHABLE)
        return OlderBars(Edge.OPEN if has_come else Edge.NONE)

    def source_of(self, period: Period) -> Period:
        """The period whose bars are asked for: itself, or the longest that it is made of and the exchange has."""
        had = self._context.fetched_periods
        return period if period in had else child_of(period, had)

    def _bound(self, symbol: str, period: Period) -> _Bound:
        """The latest of all bounds: from there on bars can be had, and stay."""
        context, source = self._context, self.source_of(period)
        listed_ms, anchor, _ = context.contract(symbol)
        kept_ms = max(context.kept_ms(symbol, each, self._keep) for each in {source, period})
        reach = context.venue.candle.reach
        return max(
            _Bound(source.open_ms(listed_ms, anchor), OlderBars(Edge.LISTED, listed_ms)),
            _Bound(kept_ms, OlderBars(Edge.KEPT)),
            _Bound(context.reach_ms(source), OlderBars(Edge.REACHED, most_bars=reach or 0)),
            key=lambda bound: bound.open_ms,
        )

    def _pages(self, symbol: str, period: Period, from_ms: int, before_ms: int) -> tuple[BarsWanted, ...]:
        """A page, newest first; more than one where that does not hold a whole bar of the period."""
        source, anchor = self.source_of(period), self._context.contract(symbol).anchor
        rows = min(self._context.venue.requests.best_bars, _MOST)
        if source is Period.M1 and self._context.venue.candle.makes_older_minutes:
            rows = min(rows, _MADE_OF_TRADES)
        start_ms = max(from_ms, before_ms - rows * source.nominal_ms)
        # A bar of the period that a page cuts would be made of its rest alone.
        start_ms = min(period.end_ms(period.open_ms(start_ms - 1, anchor)), period.open_ms(before_ms - 1, anchor))
        return pages(source, max(start_ms, from_ms), before_ms, rows)

    async def _fetch(self, symbol: str, wanted: tuple[BarsWanted, ...]) -> bool:
        """Ask for pages and store what came; returns whether anything did."""
        has_come = False
        for page in wanted:
            period, start_ms, last_ms, rows = page
            limit = min(rows, period.count(start_ms, last_ms + 1))
            bars = await self._context.market_data.bars(
                symbol, period, start_ms, last_ms, limit=limit, priority=Priority.HISTORY
            )
            settled_ms = self._context.settled_ms()
            over = [bar for bar in bars if bar.end_ms <= settled_ms]
            await self._context.store.add_confirmed(over)
            has_come |= bool(over)
            if 0 < len(over) < limit:
                self._on_hole()
        return has_come
