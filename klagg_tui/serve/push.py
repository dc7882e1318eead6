"""The way from the engine to the server: a beat on the engine's loop that gives what changed to another thread.

One update is under way at a time. Where the server is slow to take it, the engine's reader gathers, so that the next one
is larger, and nothing queues.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from klagg_tui.engine.readers import Reader
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import BackgroundTask
from klagg_tui.serve.hub import HubUpdate

BEAT_S: Final = 0.2
IDLE_S: Final = 1.0
"""The same while nobody reads."""


class PushTarget(Protocol):
    """Where updates go; called on the engine's loop."""

    @property
    def is_ready(self) -> bool:
        """Whether the last update was taken."""
        ...

    @property
    def has_readers(self) -> bool:
        """Whether there is any reader."""
        ...

    def put(self, update: HubUpdate) -> None:
        """Give an update; only while it is ready."""
        ...


def push_to(target: PushTarget) -> BackgroundTask:
    """Gives what changed, again and again, until cancelled."""

    async def beat(core: EngineHost) -> None:
        await push_forever(core, target)

    return beat


async def push_forever(core: EngineHost, target: PushTarget) -> None:
    """Give what changed, again and again."""
    reader = core.engine.reader()
    symbols: tuple[str, ...] = ()
    try:
        while True:
            if target.is_ready:
                symbols = _push(core, reader, target, symbols)
            await asyncio.sleep(BEAT_S if target.has_readers else IDLE_S)
    finally:
        core.engine.forget(reader)


def _push(core: EngineHost, reader: Reader, target: PushTarget, known: tuple[str, ...]) -> tuple[str, ...]:
    changes = core.engine.drain(reader, core.periods)
    symbols = core.engine.symbols()
    if changes.ended or changes.current or symbols != known:
        target.put(HubUpdate(changes, symbols if symbols != known else None))
    return symbols
