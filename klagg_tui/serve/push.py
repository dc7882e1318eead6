"""The way from the engine to the server: a beat on the engine's loop that gives what changed to another thread.

One set of news is under way at a time. Where the server is slow to take it, the engine's reader gathers, so that the
next set is larger, and nothing queues.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from klagg_tui.engine.readers import Reader
from klagg_tui.runtime.background import Beat
from klagg_tui.runtime.host import EngineHost
from klagg_tui.serve.hub import News

BEAT_S: Final = 0.2
IDLE_S: Final = 1.0
"""The same while nobody listens."""


class Taker(Protocol):
    """Where news go; called on the engine's loop."""

    @property
    def is_ready(self) -> bool:
        """Whether the last news were taken."""
        ...

    @property
    def is_listened_to(self) -> bool:
        """Whether there is any reader."""
        ...

    def put(self, news: News) -> None:
        """Give news; only while it is ready."""
        ...


def pushing(taker: Taker) -> Beat:
    """Gives what changed, again and again, until cancelled."""

    async def beat(core: EngineHost) -> None:
        await push_forever(core, taker)

    return beat


async def push_forever(core: EngineHost, taker: Taker) -> None:
    """Give what changed, again and again."""
    reader = core.engine.reader()
    symbols: tuple[str, ...] = ()
    try:
        while True:
            if taker.is_ready:
                symbols = _push(core, reader, taker, symbols)
            await asyncio.sleep(BEAT_S if taker.is_listened_to else IDLE_S)
    finally:
        core.engine.forget(reader)


def _push(core: EngineHost, reader: Reader, taker: Taker, known: tuple[str, ...]) -> tuple[str, ...]:
    changes = core.engine.drain(reader, core.periods)
    symbols = core.engine.symbols()
    if changes.ended or changes.current or symbols != known:
        taker.put(News(changes, symbols if symbols != known else None))
    return symbols
