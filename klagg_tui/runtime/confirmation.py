"""Closed bars against the exchange's own: equal, or amended to them.

Ours are nearly always equal; the exchange's settle it (a trade that straddles a minute, a minute that was cut by a lost
connection). One request brings up to 99 minutes of a symbol at weight 1, so minutes are let to gather.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AmendBar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import ExchangeError, Refused
from klagg_tui.exchange.budget import Priority
from klagg_tui.runtime.ground import Ground
from klagg_tui.runtime.seams import SETTLE_MS
from klagg_tui.storage.store import Unconfirmed

log = logging.getLogger(__name__)

GATHER_MS: Final = 5 * MINUTE_MS
"""How old the oldest unconfirmed bar of a symbol may get before a request is made for it; partial ones are not kept so long."""
ROWS: Final = 99
"""Rows up to which a request costs weight 1."""
LOOK_EVERY_MS: Final = 15_000
_GIVE_UP_AFTER: Final = 3
"""Answers without the wanted bar after which it is left as it is (a delisted symbol, a hole at the exchange)."""


class Confirmation:
    """Looks for closed bars that are not confirmed, and asks for the exchange's."""

    def __init__(self, ground: Ground) -> None:
        self._core = ground.core
        self._store = ground.store
        self._rest = ground.rest
        self._fruitless: dict[tuple[str, Period, int], int] = {}

    async def work_forever(self) -> None:
        """Look every quarter of an exchange's minute."""
        last_ms = 0
        while True:
            if self._core.now_ms() - last_ms >= LOOK_EVERY_MS:
                last_ms = self._core.now_ms()
                await self.look()
            await asyncio.sleep(0.2)

    async def look(self, *, gather_ms: int = GATHER_MS) -> int:
        """Confirm what is due; returns how many requests that took."""
        await self._core.flush()
        settled_ms = self._core.now_ms() - SETTLE_MS
        due = [run for run in await self._store.unconfirmed(settled_ms) if self._is_due(run, settled_ms, gather_ms)]
        self._core.figures["unconfirmed"] = len(due)
        for run in due:
            try:
                await self._confirm(run)
                self._core.notices.pop("confirm", None)
            except Refused as error:
                self._give_up(run)
                log.info("%s %s: %s", run.symbol, run.period, error)
            except ExchangeError as error:
                self._core.notices["confirm"] = f"{error} Closed bars stay unconfirmed until it answers."
                return 0
        return len(due)

    def _is_due(self, run: Unconfirmed, settled_ms: int, gather_ms: int) -> bool:
        if self._fruitless.get(_key(run), 0) >= _GIVE_UP_AFTER:
            return False
        return run.has_partial or settled_ms - run.first_open_ms >= gather_ms + run.period.nominal_ms

    async def _confirm(self, run: Unconfirmed) -> None:
        rows = await self._rest.bars(
            run.symbol, run.period, run.first_open_ms, run.last_open_ms, limit=ROWS, priority=Priority.CONFIRM
        )
        settled_ms = self._core.now_ms() - SETTLE_MS
        bars = [bar for bar in rows if bar.end_ms <= settled_ms]
        if not any(bar.open_ms == run.first_open_ms for bar in bars):
            self._give_up(run)
        await self._take(bars)

    async def _take(self, bars: list[Bar]) -> None:
        """Give the exchange's bars to the engine, which makes its larger bars anew, and to the store."""
        self._core.handle([AmendBar(bar) for bar in bars if bar.period is Period.M1])
        came = await self._store.add_confirmed(bars)
        figures = self._core.figures
        figures["bars equal"] = figures.get("bars equal", 0) + came.equal
        figures["bars amended"] = figures.get("bars amended", 0) + came.changed

    def _give_up(self, run: Unconfirmed) -> None:
        key = _key(run)
        self._fruitless[key] = self._fruitless.get(key, 0) + 1


def _key(run: Unconfirmed) -> tuple[str, Period, int]:
    return run.symbol, run.period, run.first_open_ms
