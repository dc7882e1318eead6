"""Closed bars against the exchange's own: equal, or amended to them.

Ours are nearly always equal; the exchange's settle it (a trade that straddles a minute, a minute that was cut by a lost
connection). One request brings up to 99 minutes of a symbol at weight 1, so minutes are let to gather.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AmendBar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import ExchangeError, Refused
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.context import SETTLE_MS, LiveContext
from klagg_tui.storage.unconfirmed import Place, Unconfirmed

log = logging.getLogger(__name__)

GATHER_MS: Final = 5 * MINUTE_MS
"""How old the oldest unconfirmed bar of a symbol may get before a request is made for it; partial ones are not kept so long."""
ROWS: Final = 99
"""Rows up to which a request costs weight 1."""
LOOK_EVERY_MS: Final = 15_000
HOLES_EVERY_MS: Final = 5 * MINUTE_MS
HOLES_REACH_MS: Final = 120 * MINUTE_MS
"""How far back holes are looked for while running; what is older was looked at by the back-fill."""
AT_ONCE: Final = 8
"""Requests under way together; their bars go to the disk in one transaction."""
_GIVE_UP_AFTER: Final = 7
"""Answers without the wanted bar after which it is left as it is (a delisted symbol, a hole at the exchange). Each is waited
for twice as long as the one before, 16 minutes in all: a bar may come late, and our picture of the exchange's clock be off."""


class Reconciler:
    """Looks for closed bars that are not confirmed, and asks for the exchange's."""

    def __init__(self, ground: LiveContext) -> None:
        self._core = ground.core
        self._store = ground.store
        self._rest = ground.rest
        self._fruitless: Counter[Place] = Counter()
        self._not_before_ms: dict[Place, int] = {}
        self._looked_for_holes_ms = 0
        self._known_holes: dict[str, list[Unconfirmed]] = {}

    async def work_forever(self) -> None:
        """Look every quarter of an exchange's minute."""
        last_ms = 0
        while True:
            if self._core.now_ms() - last_ms >= LOOK_EVERY_MS:
                last_ms = self._core.now_ms()
                await self.look()
            await asyncio.sleep(0.2)

    async def look(self) -> None:
        """Confirm what is due."""
        await self._core.flush()
        settled_ms = self._core.now_ms() - SETTLE_MS
        due = [run for run in await self._wanted() if _is_due(run, settled_ms)]
        if due and due[0].period is Period.M1:
            # Larger bars are confirmed with their minutes; what is left of them comes in the next round.
            due = [run for run in due if run.period is Period.M1]
        self._core.figures["unconfirmed"] = len(due)
        try:
            for at in range(0, len(due), AT_ONCE):
                answers = await asyncio.gather(*map(self._asked, due[at : at + AT_ONCE]))
                await self._take([bar for bars in answers for bar in bars])
            self._core.notices.pop("confirm", None)
        except ExchangeError as error:
            self._core.notices["confirm"] = f"{error} Closed bars stay unconfirmed until it answers."

    async def _wanted(self) -> list[Unconfirmed]:
        now_ms = self._core.now_ms()
        resting = [
            place
            for place, tries in self._fruitless.items()
            if tries >= _GIVE_UP_AFTER or now_ms < self._not_before_ms[place]
        ]
        return [*await self._holes(resting), *await self._store.unconfirmed(resting)]

    async def _holes(self, resting: list[Place]) -> list[Unconfirmed]:
        """Minutes that nobody brought, whatever the reason: told, counted, and asked for like partial ones."""
        now_ms = self._core.now_ms()
        if now_ms - self._looked_for_holes_ms < HOLES_EVERY_MS:
            return []
        self._looked_for_holes_ms = now_ms
        since_ms = now_ms - HOLES_REACH_MS
        holes = await self._store.holes(since_ms, resting)
        self._known_holes = {
            symbol: kept
            for symbol, known in self._known_holes.items()
            if (kept := [hole for hole in known if hole.last_open_ms >= since_ms])
        }
        new = [hole for hole in holes if not any(map(hole.meets, self._known_holes.get(hole.symbol, ())))]
        for hole in new:
            self._known_holes.setdefault(hole.symbol, []).append(hole)
        if new:
            log.warning("bars are missing in %d places, the first of them %s", len(new), new[0][:3])
        self._core.figures["holes"] = self._core.figures.get("holes", 0) + len(new)
        return holes

    async def _asked(self, run: Unconfirmed) -> list[Bar]:
        """The exchange's bars of a run that are final; none of a symbol that it no longer knows."""
        try:
            rows = await self._rest.bars(
                run.symbol, run.period, run.first_open_ms, run.last_open_ms, limit=ROWS, priority=Priority.CONFIRM
            )
        except Refused as error:
            log.info("%s %s: %s", run.symbol, run.period, error)
            rows = []
        settled_ms = self._core.now_ms() - SETTLE_MS
        bars = [bar for bar in rows if bar.end_ms <= settled_ms]
        if not any(bar.open_ms == run.first_open_ms for bar in bars):
            await self._note_fruitless(run, is_unknown=not rows)
        return bars

    async def _note_fruitless(self, run: Unconfirmed, *, is_unknown: bool) -> None:
        place = run[:3]
        self._not_before_ms[place] = self._core.now_ms() + (LOOK_EVERY_MS << self._fruitless[place])
        self._fruitless[place] += 1
        if is_unknown and self._fruitless[place] >= _GIVE_UP_AFTER:
            await self._take_back(run)

    async def _take_back(self, run: Unconfirmed) -> None:
        """Bars that the clock made before it was known that the symbol is not traded any more."""
        if run.symbol in self._core.engine.symbols():
            return
        gone = await self._store.discard_flat(run)
        if gone:
            log.info("%s %s: %d flat bars behind its last one were taken back", run.symbol, run.period, gone)
            self._core.figures["bars taken back"] = self._core.figures.get("bars taken back", 0) + gone

    async def _take(self, bars: list[Bar]) -> None:
        """Give the exchange's bars to the engine, which makes its larger bars anew, and to the store."""
        self._core.handle([AmendBar(bar) for bar in bars if bar.period is Period.M1])
        came = await self._store.add_confirmed(bars)
        figures = self._core.figures
        for name, count in (
            ("bars equal", came.equal),
            ("bars amended", came.changed),
            ("bars completed", came.completed),
        ):
            figures[name] = figures.get(name, 0) + count


def _is_due(run: Unconfirmed, settled_ms: int) -> bool:
    over_ms = settled_ms - run.period.end_ms(run.first_open_ms)
    return over_ms >= 0 if run.has_partial else over_ms >= GATHER_MS
