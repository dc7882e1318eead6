"""What changes in the database beside the live engine, told to the readers: history, repairs, late confirmations, larger bars made again.

The delivery log has it, in order; what the live engine told itself has come to the readers already and is left out. Few bars are told
one by one as any others; of many, and of those that were taken back, readers are told where they are.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.errors import StorageError
from klagg_tui.serve.answers import Disk
from klagg_tui.serve.hub import Hub
from klagg_tui.storage.delivery_log import LIVE
from klagg_tui.storage.sink_log import LogNews, SinkLog

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
AGAIN_S: Final = 3.0
"""Until the log is opened again that could not be, or not yet: a file that is being made."""
MOST_TOLD: Final = 2_000
"""Bars told one by one of a look, some 700 KB of JSON; stretches of more are named."""
_OVER: Final = tuple(state for state in State if state is not State.FORMING)


class Follower:
    """Follows the log of one database.

    Args:
        disk: the database.
        hub: told of what changed.
        is_heard: whether anybody reads.
    """

    def __init__(self, disk: Disk, hub: Hub, is_heard: Callable[[], bool]) -> None:
        self._disk = disk
        self._hub = hub
        self._is_heard = is_heard
        self._name = f"{LIVE}serve {os.getpid()}"

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                if source := await self._disk.log():
                    async with source:
                        await self._follow(source)
            except StorageError as error:
                log.info("the delivery log cannot be read: %s", error)
            await asyncio.sleep(AGAIN_S)

    async def _follow(self, source: SinkLog) -> None:
        number = await source.register(self._name, "live")
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                news = await source.news(number)
                if news.number == number:
                    continue
                if self._is_heard():
                    await self._tell(news)
                number = news.number
                if not await source.acknowledge(self._name, number, "live"):
                    number = await source.register(self._name, "live")
                    self._hub.tell_lost()
        finally:
            with suppress(StorageError):
                await source.forget(self._name)

    async def _tell(self, news: LogNews) -> None:
        told, named = _shared(news.changed)
        bars = await self._bars(told)
        self._hub.tell_stored(bars, (*named, *news.taken_back), news.number)

    async def _bars(self, stretches: Iterable[StoredStretch]) -> list[Bar]:
        store = await self._disk.store()
        found: list[Bar] = []
        if store:
            for symbol, period, from_ms, to_ms in stretches:
                found += [bar async for bar in store.bars(symbol, period, from_ms, to_ms, states=_OVER)]
        return found


def _shared(stretches: Iterable[StoredStretch]) -> tuple[list[StoredStretch], list[StoredStretch]]:
    """Those whose bars are told, the shortest ones, and those that are named."""
    told: list[StoredStretch] = []
    named: list[StoredStretch] = []
    left = MOST_TOLD
    for stretch in sorted(stretches, key=_length):
        left -= _length(stretch)
        (told if left >= 0 else named).append(stretch)
    return told, named


def _length(stretch: StoredStretch) -> int:
    """How many bars there may be."""
    return max(1, (stretch.to_ms - stretch.from_ms) // stretch.period.nominal_ms)
