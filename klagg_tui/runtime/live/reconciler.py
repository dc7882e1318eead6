"""Compares closed bars with the exchange's own: they are equal, or amended to them.

Ours are nearly always equal; the exchange's settle it (a trade that straddles a minute, a minute cut by a lost
connection). One request brings many minutes of a symbol at the cost of one, so minutes are collected first.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection
from typing import Final

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import ExchangeError, Refused, UnknownSymbol
from klagg_tui.exchange.venue import Ids, Priority
from klagg_tui.metrics import Metric
from klagg_tui.runtime.background import together
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.second_look import SecondLook
from klagg_tui.storage.unconfirmed import Unconfirmed

log = logging.getLogger(__name__)

GATHER_MS: Final = 5 * MINUTE_MS
"""How old the oldest unconfirmed bar of a symbol may get before a request is made for it, where the exchange's limit lets
all be asked for as often. Partial ones do not wait, where they are the exception."""
SHARE: Final = 0.5
"""Of what may be asked in a minute, for confirming at the most: where that is little, more minutes gather for a request."""
LOOK_EVERY_MS: Final = 15_000
AT_ONCE: Final = 8
"""Requests under way together; their bars are written in one transaction."""
_GIVE_UP_AFTER: Final = 7
"""Answers without the wanted bar after which the exchange is taken not to have it (a delisted symbol, a hole at the exchange). Each
wait is twice as long as the one before, 16 minutes in all: a bar may come late, and our picture of the exchange's clock be off."""
_LONGEST_REST: Final = 9
"""Doublings of the wait: what the exchange does not have is asked for every two hours still, since it may have been wrong for a
while, and what the clock made again where it was taken away is taken away again."""


class Reconciler:
    """Finds closed bars that are not confirmed, and fetches the exchange's."""

    def __init__(self, context: LiveContext) -> None:
        self._context = context
        self._host = context.host
        self._store = context.store
        self._market_data = context.market_data
        self._requests = context.venue.requests
        self._is_partial_usual = context.venue.ids is Ids.NONE
        self._tries: Counter[BarKey] = Counter()
        """Answers without the wanted bar."""
        self._rests: Counter[BarKey] = Counter()
        """Those, and refusals."""
        self._not_before_ms: dict[BarKey, int] = {}
        self._second_look = SecondLook(context)

    async def work_forever(self) -> None:
        """Look every quarter of a minute, by the exchange's clock."""
        last_ms = 0
        while True:
            if self._context.now_ms() - last_ms >= LOOK_EVERY_MS:
                last_ms = self._context.now_ms()
                await self.look()
                await self.look_again()
            await asyncio.sleep(0.2)

    async def look(self) -> None:
        """Confirm what is due."""
        await self._host.flush()
        settled_ms = self._context.settled_ms()
        gather_ms = self._gather_ms()
        # Larger bars of the time before klagg was started, made of what symbols began on, come with their history.
        filling = self._context.filling
        wanted = [run for run in await self._wanted() if run.period is Period.M1 or run[:2] not in filling]
        due = [run for run in wanted if self._is_due(run, settled_ms, gather_ms)]
        self._host.metrics.set(Metric.UNCONFIRMED, len(due))
        due = in_turn(due, self._most_at_once())
        try:
            for at in range(0, len(due), AT_ONCE):
                answers = await together(map(self._fetch, due[at : at + AT_ONCE]))
                await self._apply([bar for bars in answers for bar in bars])
            self._host.notices.pop("confirm", None)
        except ExchangeError as error:
            self._host.notices["confirm"] = f"{error} Closed bars stay unconfirmed until it answers."

    async def look_again(self) -> None:
        """Compare some of what is confirmed already, see `SecondLook`."""
        try:
            await self._second_look.look()
        except ExchangeError as error:
            log.info("the second look waits: %s", error)

    async def _wanted(self) -> list[Unconfirmed]:
        now_ms = self._context.now_ms()
        resting = [place for place, at_ms in self._not_before_ms.items() if now_ms < at_ms]
        return await self._context.unconfirmed(resting)

    def _gather_ms(self) -> int:
        """How long bars gather, so that asking for every symbol in its turn costs no more than its share."""
        limit = self._market_data.use().limit or self._requests.cost_per_minute
        minutes = (
            len(self._host.engine.symbols()) * self._requests.bars_cost(self._requests.cheapest_bars) / (SHARE * limit)
        )
        # No longer than one request brings.
        return min(max(GATHER_MS, round(minutes * MINUTE_MS)), self._requests.cheapest_bars * MINUTE_MS // 2)

    def _most_at_once(self) -> int:
        """Requests of one look: no more than its share of the time between two, so that what is less urgent has its turn."""
        limit = self._market_data.use().limit or self._requests.cost_per_minute
        cost = self._requests.bars_cost(self._requests.cheapest_bars)
        return max(1, round(SHARE * limit / cost * LOOK_EVERY_MS / MINUTE_MS))

    def _is_due(self, run: Unconfirmed, settled_ms: int, gather_ms: int) -> bool:
        age_ms = settled_ms - run.period.end_ms(run.first_open_ms)
        return age_ms >= 0 if run.has_partial and not self._is_partial_usual else age_ms >= gather_ms

    async def _fetch(self, run: Unconfirmed) -> list[Bar]:
        """The exchange's final bars of a run; none of a symbol that it no longer knows."""
        wanted = run.period.count(run.first_open_ms, run.period.end_ms(run.last_open_ms)) + 1
        most, usual = self._requests.best_bars, self._requests.cheapest_bars
        try:
            rows = await self._market_data.bars(
                run.symbol,
                run.period,
                run.first_open_ms,
                run.period.end_ms(run.last_open_ms),  # the newer one behind them shows that they are over
                limit=max(usual, min(most, wanted)),
                priority=Priority.CONFIRM,
            )
        except UnknownSymbol as error:
            log.info("%s %s: %s", run.symbol, run.period, error)
            rows = []
        except Refused as error:  # no answer: it says nothing of what there is
            log.info("%s %s: %s", run.symbol, run.period, error)
            self._rest(run)
            return []
        settled_ms = self._context.settled_ms()
        over_ms = min(settled_ms, run.period.end_ms(run.last_open_ms))
        bars = [bar for bar in rows if bar.end_ms <= over_ms and bar.state is State.CONFIRMED]
        if any(bar.open_ms == run.first_open_ms for bar in bars):
            self._tries.pop(run.key, None)
            self._rests.pop(run.key, None)
            self._not_before_ms.pop(run.key, None)
        else:
            await self._note_missing(run, rows)
        return bars

    async def _note_missing(self, run: Unconfirmed, rows: list[Bar]) -> None:
        self._rest(run)
        self._tries[run.key] += 1
        if self._tries[run.key] >= _GIVE_UP_AFTER:
            await self._remove_flat(run, rows)

    def _rest(self, run: Unconfirmed) -> None:
        """Nothing came of it: ask later, ever later."""
        rest_ms = LOOK_EVERY_MS << min(self._rests[run.key], _LONGEST_REST)
        self._not_before_ms[run.key] = self._context.now_ms() + rest_ms
        self._rests[run.key] += 1

    async def _remove_flat(self, run: Unconfirmed, rows: list[Bar]) -> None:
        """Flat bars that the clock made before it was known that the symbol is no longer traded, or before it was again."""
        is_followed = run.symbol in self._host.engine.symbols()
        if rows:
            run = run._replace(last_open_ms=min(run.last_open_ms, rows[0].open_ms - 1))
        if not (rows or is_followed):
            removed = await self._store.discard_flat(run)
        else:
            removed = await self._store.discard_unshown(run, is_passed_over=bool(rows))
        if removed:
            log.info("%s %s: %d flat bars that the exchange lacks were removed", run.symbol, run.period, removed)
            self._host.metrics.add(Metric.BARS_TAKEN_BACK, removed)

    async def _apply(self, bars: list[Bar]) -> None:
        """Give the exchange's bars to the engine, which rebuilds its larger bars, and to the store."""
        self._host.handle(self._context.amended(bars))
        outcome = await self._context.store.add_confirmed(bars)
        self._host.metrics.add(Metric.BARS_EQUAL, outcome.equal)
        self._host.metrics.add(Metric.BARS_AMENDED, outcome.changed)
        self._host.metrics.add(Metric.BARS_COMPLETED, outcome.completed)


def in_turn(due: Collection[Unconfirmed], most: int) -> list[Unconfirmed]:
    """What of it is asked for in one look of `most` requests: what waits longest first. Pure.

    A larger bar whose own minutes are due waits for these: it is confirmed with them. Others are asked for among the minutes, however many
    of these there always are; so that minutes of the present do not wait for what an earlier run left, they have half of a look.
    """
    minutes = {run.symbol: run for run in due if run.period is Period.M1}
    larger = [run for run in due if run.period is not Period.M1 and not _overlap(run, minutes.get(run.symbol))]
    room = max(1, most // 2) if minutes else most
    return sorted([*minutes.values(), *sorted(larger, key=_end_ms)[:room]], key=_end_ms)[:most]


def _overlap(larger: Unconfirmed, minutes: Unconfirmed | None) -> bool:
    """Whether the first of the larger bars holds some of these minutes."""
    return (
        minutes is not None and minutes.first_open_ms < _end_ms(larger) and larger.first_open_ms <= minutes.last_open_ms
    )


def _end_ms(run: Unconfirmed) -> int:
    """When the first of its bars ended: who waits longest comes first, so that each has its turn however many there are."""
    return run.period.end_ms(run.first_open_ms)
