"""A walk of changes, delivered to any target one after the other, in which deliveries are broken off on their way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeAlias

from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.target import Target
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from klagg_tui.storage.unconfirmed import Unconfirmed
from tests.makers import MINUTE, START, SYMBOL, bars
from tests.sinks.test_delivery import OTHER, deliver

AfterChange: TypeAlias = Callable[[random.Random], Awaitable[None]]
_AT_ONCE: Final = 40
"""Bars in a portion: few, so that a walk has many."""
_BREAK_S: Final = 0.01
"""A delivery that is broken off is so within this time: at any point of a portion."""


async def walk(store: Store, log: SinkLog, target: Target, after_change: AfterChange | None = None) -> Delivery:
    """Change what is stored forty times and deliver after each, and all that waits at the end; returns the last delivery.

    Half of the deliveries are broken off, as by a line that is cut.
    """
    chance = random.Random(3)
    delivery = Delivery(log, target, at_once=_AT_ONCE)
    await deliver(delivery)
    for number in range(40):
        await _change(store, number, chance)
        if not await _is_done(delivery, chance.random() * _BREAK_S if chance.random() < 0.5 else None):
            delivery = Delivery(log, target, at_once=_AT_ONCE)
            await delivery.begin()
        if after_change is not None:
            await after_change(chance)
    await deliver(delivery)
    return delivery


async def broken_off(work: Coroutine[Any, Any, object], seconds: float) -> bool:
    """Let it work for so long, and no longer; returns whether it was still at it."""
    working = asyncio.ensure_future(work)
    await asyncio.sleep(seconds)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return working.cancelled()


async def _is_done(delivery: Delivery, break_s: float | None) -> bool:
    """Deliver a portion, or begin to; returns whether all of it was."""
    try:
        if break_s is not None:
            return not await broken_off(delivery.step(), break_s)
        await delivery.step()
    except SinkError:
        return False
    return True


async def _change(store: Store, number: int, chance: random.Random) -> None:
    first = START + chance.randrange(60) * MINUTE
    match number % 5:
        case 0:
            await store.add_confirmed(bars(chance.randrange(1, 20), first))
        case 1:
            await store.write(Changes((), tuple(one._replace(state=State.CLOSED) for one in bars(3, first))))
        case 2:
            await store.add_confirmed([one._replace(trade_count=number) for one in bars(2, first, symbol=OTHER)])
        case 3:
            await store.discard_flat(Unconfirmed(SYMBOL, Period.M1, first, first + 9 * MINUTE, False))
        case _:
            await store.remove_future(first)
