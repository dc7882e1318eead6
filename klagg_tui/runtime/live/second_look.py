"""A second look at bars that are confirmed already: confirmed is for ever, so what is wrong there is looked for.

A page of some series' newest bars with every look, symbol after symbol, at first those that an earlier run left; and after
every trouble with the clock all bars of that stretch, of every symbol and period.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import Refused
from klagg_tui.exchange.requests import BarsWanted, pages
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import Priority
from klagg_tui.metrics import Metric
from klagg_tui.runtime.background import together
from klagg_tui.runtime.live.context import LiveContext

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Requests of a look while a stretch is due."""
_SAMPLES: Final = 4
"""Requests of a look while none is: seven periods of 530 symbols come round in four hours."""
_SHARE: Final = 0.1
"""Of what may be asked in a minute, for samples at the most."""
_LOOKS_PER_MINUTE: Final = 4
_BEFORE_MS: Final = 5 * MINUTE_MS
"""Looked at again before a leap of the clock forward: while it was behind nothing can have been confirmed too early."""


class SecondLook:
    """Finds confirmed bars that are not the exchange's any more, and puts its own in their place."""

    def __init__(self, context: LiveContext) -> None:
        self._context = context
        self._store = context.store
        self._due: deque[tuple[str, BarsWanted]] = deque()
        self._round: deque[tuple[str, Period]] = deque()
        requests = context.venue.requests
        cost = requests.bars_cost(requests.cheapest_bars)
        most = round(_SHARE * requests.cost_per_minute / cost / _LOOKS_PER_MINUTE)
        self._samples_at_once = min(_SAMPLES, max(1, most))
        self._left_ms: dict[str, int] | None = None
        """Up to when an earlier run had bars of each symbol; None before the first look."""
        self._jumps = context.market_data.clock.jumps
        self._began_ms = steady_ms()
        self._looked_ms = self._doubted_ms = context.now_ms()
        """By the clock, when it was looked at last, and when it was before it was moved last."""

    async def look(self) -> None:
        """Ask for what is due; raises ExchangeError, and asks again next time."""
        if self._left_ms is None:
            self._left_ms = await self._last_of_earlier_run()
        self._note_jumps()
        if not self._due:
            self._due.extend(self._samples())
        wanted = list(self._due)[:AT_ONCE]
        answers = await together(self._wrong(*one) for one in wanted)
        for _ in wanted:
            self._due.popleft()
        await self._correct([bar for bars in answers for bar in bars])

    def _note_jumps(self) -> None:
        """Where the clock was moved, all that was confirmed while it may have been wrong is due."""
        now_ms, clock = self._context.now_ms(), self._context.market_data.clock
        if clock.jumps != self._jumps:
            if now_ms < self._looked_ms:  # it was ahead, perhaps since the beginning
                lasted_ms = round((steady_ms() - self._began_ms) * clock.speed)
                self._due.extend(self._stretch(min(self._doubted_ms, now_ms - lasted_ms), now_ms))
            else:
                self._due.extend(self._stretch(self._looked_ms - _BEFORE_MS, self._looked_ms))
            self._doubted_ms = min(now_ms, self._looked_ms)
        self._jumps, self._looked_ms = clock.jumps, now_ms

    def _stretch(self, from_ms: int, to_ms: int) -> Iterator[tuple[str, BarsWanted]]:
        rows = self._context.venue.requests.best_bars
        for period in self._context.fetched_periods:
            for symbol in self._context.host.engine.symbols():
                anchor = self._context.contract(symbol).anchor
                first_ms = period.open_ms(max(0, from_ms - self._context.venue.settle_ms), anchor)
                first_ms = max(first_ms, self._context.reach_ms(period))
                for page in pages(period, first_ms, period.end_ms(period.open_ms(to_ms, anchor)), rows):
                    yield symbol, page

    def _samples(self) -> Iterator[tuple[str, BarsWanted]]:
        """The newest bars of some series, each in its turn."""
        if not self._round:
            symbols, periods = self._context.host.engine.symbols(), self._context.fetched_periods
            self._round.extend((symbol, period) for symbol in symbols for period in periods)
        rows, left_ms = self._context.venue.requests.cheapest_bars, self._left_ms or {}
        for symbol, period in [self._round.popleft() for _ in range(min(self._samples_at_once, len(self._round)))]:
            until_ms = left_ms.get(symbol, self._context.settled_ms())
            if period is self._context.fetched_periods[-1]:
                left_ms.pop(symbol, None)  # from the next round on its newest ones
            last_ms = period.open_ms(until_ms - 1, self._context.contract(symbol).anchor)
            first_ms = max(0, last_ms - (rows - 1) * period.nominal_ms, self._context.reach_ms(period))
            if first_ms <= last_ms:
                yield symbol, BarsWanted(period, first_ms, last_ms, rows)

    async def _last_of_earlier_run(self) -> dict[str, int]:
        now_ms = self._context.now_ms()
        known = [stored.symbol for stored in await self._context.stored_symbols()]
        ends = [await self._store.ended_until(symbol, Period.M1, now_ms) for symbol in known]
        return {symbol: end_ms for symbol, end_ms in zip(known, ends, strict=True) if end_ms is not None}

    async def _wrong(self, symbol: str, page: BarsWanted) -> list[Bar]:
        """The exchange's bars that differ from those confirmed here."""
        period, start_ms, last_ms, rows = page
        stored = {
            bar.open_ms: bar
            async for bar in self._store.bars(symbol, period, start_ms, last_ms + 1, states={State.CONFIRMED})
        }
        if not stored:
            return []
        try:
            found = await self._context.market_data.bars(
                symbol, period, start_ms, last_ms, limit=rows, priority=Priority.CONFIRM
            )
        except Refused:
            return []
        settled_ms = self._context.settled_ms()
        return [
            bar
            for bar in found
            if bar.state is State.CONFIRMED
            and bar.end_ms <= settled_ms
            and (ours := stored.get(bar.open_ms))
            and not self._context.agree(ours, bar)
        ]

    async def _correct(self, bars: list[Bar]) -> None:
        if not bars:
            return
        log.warning("%d confirmed bars were not the exchange's, the first of them %s", len(bars), bars[0][:3])
        self._context.host.handle(self._context.amended(bars))
        await self._context.store.add_confirmed(bars)
        self._context.host.metrics.add(Metric.BARS_CORRECTED, len(bars))
