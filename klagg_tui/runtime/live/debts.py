"""Bars that are owed, fetched until none is: whatever made the holes, the stored rows show them (see `storage.debts`).

Asked for at the start and every few minutes, small debts first, before history. What the exchange was shown not to have is
noted as not to be had; a symbol that is no longer traded is gone once the exchange, asked from its last row on, has
nothing newer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import ExchangeError, Refused, UnknownSymbol
from klagg_tui.exchange.venue import Priority
from klagg_tui.metrics import Metric
from klagg_tui.runtime.background import together
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.storage.debts import Answer, Debts, Hole
from klagg_tui.storage.merging import Added

log = logging.getLogger(__name__)

LOOK_EVERY_MS: Final = 3 * MINUTE_MS
ALL_EVERY_MS: Final = 60 * MINUTE_MS
"""Between two looks at larger periods, which follow from the minutes nearly always: not where the exchange lacks these."""
AT_ONCE: Final = 4
"""Holes asked for together."""
PAGES_A_ROUND: Final = 40
"""Of one hole; then it is counted again what is owed, and smaller debts that came meanwhile have their turn."""
_REST_MS: Final = 15_000
"""After a fruitless answer; twice as long after each further one."""
_GIVE_UP_AFTER: Final = 7
"""Answers that show nothing (not even the bars beside the hole), after which it is noted as not to be had: 16 minutes."""
_LEFT_MS: Final = 2 * MINUTE_MS
"""So long after klagg was told that a symbol is no longer traded, the exchange is believed to have no more of it: its last
minute may still be under way when that is told."""
_STILL_COMING_MS: Final = 3 * MINUTE_MS
"""Minutes at the end of a followed symbol are the engine's to bring."""


class DebtCollector:
    """Finds what is owed, and has the exchange asked for it."""

    def __init__(self, context: LiveContext, keep: Mapping[Period, int] | None = None) -> None:
        """`keep`: for how many milliseconds bars of a period are kept; older ones are not fetched again."""
        self._context = context
        self._host = context.host
        self._store = context.store
        self._market_data = context.market_data
        self._keep = keep or {}
        self._most_bars = context.venue.requests.best_bars
        self._wake = asyncio.Event()
        self._looked_at_all_ms: int | None = None
        self._tries: Counter[BarKey] = Counter()
        """Answers that showed nothing."""
        self._rests: Counter[BarKey] = Counter()
        """Those, and refusals, which are no answer to what was asked."""
        self._not_before_ms: dict[BarKey, int] = {}
        self._failures: Counter[BarKey] = Counter()
        self._counted: frozenset[Hole] = frozenset()

    def wake(self, _: Collection[str] = ()) -> None:
        """Look soon: something may be owed now."""
        self._wake.set()

    async def work_forever(self) -> None:
        """Look every few minutes, by the exchange's clock, and again as long as that brings anything."""
        is_due, looked_ms = True, 0
        while True:
            if is_due or self._wake.is_set() or self._context.now_ms() - looked_ms >= LOOK_EVERY_MS:
                self._wake.clear()
                looked_ms = self._context.now_ms()
                is_due = await self.collect()
            await asyncio.sleep(0.2)

    async def collect(self) -> bool:
        """Ask for what is owed and may be asked for now; returns whether anything came of it."""
        holes = await self._look()
        due = sorted(filter(self._is_due, holes), key=self._turn)
        has_brought = False
        part: Sequence[Hole] = ()
        try:
            for at in range(0, len(due), AT_ONCE):
                part = due[at : at + AT_ONCE]
                came = await together(map(self._fetch, part))
                has_brought |= any(came)
            self._host.notices.pop("owed", None)
        except ExchangeError as error:
            self._host.notices["owed"] = f"{error} Bars that are missing are fetched later."
            self._failures.update(map(_place, part))
            has_brought = False
        return has_brought

    def _turn(self, hole: Hole) -> tuple[int, int]:
        """Small ones first, but behind all others what failed: an answer that can never be read must not hold them up."""
        return self._failures[_place(hole)], hole.to_ms - hole.from_ms

    async def _look(self) -> list[Hole]:
        """What is owed, shown to everybody."""
        await self._host.flush()
        now_ms = self._context.now_ms()
        is_all = self._looked_at_all_ms is None or now_ms - self._looked_at_all_ms >= ALL_EVERY_MS
        found = await self._context.find_owed(self._context.fetched_periods if is_all else (Period.M1,))
        holes = [kept for hole in found if (kept := self._kept(hole)) is not None]
        # Larger bars that are missing are looked for again until none is.
        if is_all and not any(hole.period is not Period.M1 for hole in holes):
            self._looked_at_all_ms = now_ms
        owed = Debts.of(holes)
        self._host.metrics.set(Metric.OWED_MINUTES, owed.minutes)
        self._host.metrics.set(Metric.OWED_SYMBOLS, owed.symbols)
        self._count(holes)
        return holes

    def _count(self, holes: Sequence[Hole]) -> None:
        """Holes between stored bars, each counted once; what lies at the end is only not there yet."""
        coming = self._context.completing
        inner = frozenset(hole for hole in holes if not hole.is_tail and hole.symbol not in coming)
        new = {hole for hole in inner if not any(_overlap(hole, other) for other in self._counted)}
        if new:
            first = min(new)
            log.warning("bars are missing in %d places, the first of them %s %s", len(new), first.symbol, first.period)
        self._host.metrics.add(Metric.HOLES, len(new))
        self._counted = inner

    def _kept(self, hole: Hole) -> Hole | None:
        """What of it is not deleted again because of its age."""
        from_ms = max(hole.from_ms, self._context.kept_ms(hole.symbol, hole.period, self._keep))
        return hole._replace(from_ms=from_ms) if from_ms < hole.to_ms else None

    def _is_due(self, hole: Hole) -> bool:
        if self._context.now_ms() < self._not_before_ms.get(_place(hole), 0):
            return False
        if not hole.is_tail or hole.symbol in self._context.left_ms:
            # What makes the larger bars under way whole is asked for first, and brings most of it.
            return hole.symbol not in self._context.completing
        is_waiting = self._host.engine.pending_gap(hole.symbol) is not None
        return not is_waiting and hole.to_ms - hole.from_ms > _STILL_COMING_MS

    async def _fetch(self, hole: Hole) -> bool:
        """Ask for a hole from its beginning on; returns whether anything is less owed now."""
        from_ms, has_come = await self._pass_reach(hole)
        for _ in range(PAGES_A_ROUND):
            if from_ms >= hole.to_ms:
                break
            asked = await self._ask(hole, from_ms)
            if asked is None:
                self._rest(hole)
                break
            rows, start_ms, limit = asked
            until_ms = rows[-1].end_ms if len(rows) >= limit else hole.to_ms
            is_shown = bool(rows) and (rows[0].open_ms == start_ms or rows[-1].open_ms >= hole.to_ms)
            answer = self._answer(hole, rows, (from_ms, min(until_ms, hole.to_ms)), is_shown=is_shown)
            if answer.bars or answer.lacks or answer.gone_ms is not None:
                added = await self._settle(answer)
                self._host.metrics.add(Metric.BARS_FETCHED, added.new)
                has_come = True
            else:
                self._tries[_place(hole)] += 1
                self._rest(hole)
            if not is_shown or until_ms <= from_ms:
                break
            from_ms = until_ms
        if has_come:
            self._tries.pop(_place(hole), None)
            self._rests.pop(_place(hole), None)
        return has_come

    async def _pass_reach(self, hole: Hole) -> tuple[int, bool]:
        """From where on a hole can be asked for; what the exchange cannot have any more is noted, returns whether some was."""
        from_ms = max(hole.from_ms, min(hole.to_ms, self._context.reach_ms(hole.period)))
        if (
            from_ms == hole.from_ms or hole.is_tail
        ):  # the end of a series is no hole before something is stored behind it
            return from_ms, False
        lacks = [(hole.from_ms, from_ms)]
        await self._settle(Answer(hole.symbol, hole.period, [], lacks, self._context.now_ms()))
        return from_ms, True

    async def _settle(self, answer: Answer) -> Added:
        if answer.lacks and answer.period is Period.M1:
            self._looked_at_all_ms = None  # no minute will bring the larger bars over these
        return await self._store.settle(answer)

    async def _ask(self, hole: Hole, from_ms: int) -> tuple[list[Bar], int, int] | None:
        """The exchange's bars from the one before on, up to the one behind: these show that the answer is one.

        None where it was refused to answer, which says nothing of what there is; that a symbol is unknown does.
        """
        symbol, period = hole.symbol, hole.period
        last_ms = hole.to_ms - 1 if hole.is_tail else hole.to_ms
        start_ms = await self._before(hole, from_ms, last_ms)
        limit = min(self._most_bars, period.count(start_ms, last_ms + 1))
        try:
            rows = await self._market_data.bars(symbol, period, start_ms, last_ms, limit=limit, priority=Priority.OWED)
        except UnknownSymbol as error:
            log.info("%s %s: %s", symbol, period, error)
            rows = []
        except Refused as error:
            log.info("%s %s: %s", symbol, period, error)
            return None
        return rows, start_ms, limit

    async def _before(self, hole: Hole, from_ms: int, last_ms: int) -> int:
        """When the bar before opens.

        At the end of a series that is the last one stored, where one answer holds all from there on: the exchange may lack what
        follows it.
        """
        period, anchor = hole.period, self._context.contract(hole.symbol).anchor
        start_ms = period.open_ms(from_ms - 1, anchor)
        if hole.is_tail and (end_ms := await self._store.ended_until(hole.symbol, period, from_ms)):
            newest_ms = period.open_ms(end_ms - 1, anchor)
            if period.count(newest_ms, last_ms + 1) <= self._most_bars:
                return min(start_ms, newest_ms)
        return start_ms

    def _answer(self, hole: Hole, rows: Sequence[Bar], asked: tuple[int, int], *, is_shown: bool) -> Answer:
        from_ms, to_ms = asked
        bars = [bar for bar in rows if from_ms <= bar.open_ms < hole.to_ms and bar.state is not State.FORMING]
        is_proof = is_shown or self._tries[_place(hole)] >= _GIVE_UP_AFTER
        gone_ms = from_ms if is_proof and not bars and self._has_left(hole) else None
        lacks = () if hole.is_tail or not is_proof else tuple(_between(bars, from_ms, to_ms))
        return Answer(hole.symbol, hole.period, bars, lacks, self._context.now_ms(), gone_ms)

    def _has_left(self, hole: Hole) -> bool:
        """Whether its symbol is no longer traded, for so long that its last minute must be there."""
        left_ms = self._context.left_ms.get(hole.symbol)
        return hole.is_tail and left_ms is not None and self._context.settled_ms() - left_ms >= _LEFT_MS

    def _rest(self, hole: Hole) -> None:
        """Nothing came of it: ask later, ever later."""
        place = _place(hole)
        rests = min(self._rests[place], _GIVE_UP_AFTER)
        self._not_before_ms[place] = self._context.now_ms() + (_REST_MS << rests)
        self._rests[place] += 1


def _place(hole: Hole) -> BarKey:
    return hole.symbol, hole.period, hole.from_ms


def _overlap(one: Hole, other: Hole) -> bool:
    return one[:2] == other[:2] and one.from_ms < other.to_ms and other.from_ms < one.to_ms


def _between(bars: Sequence[Bar], from_ms: int, to_ms: int) -> Iterator[tuple[int, int]]:
    """What no bar stands for."""
    for bar in bars:
        if bar.open_ms > from_ms:
            yield from_ms, bar.open_ms
        from_ms = bar.end_ms
    if from_ms < to_ms:
        yield from_ms, to_ms
