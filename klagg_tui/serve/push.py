"""The way from the engine to the server: a task on the engine's loop that hands what changed to another thread.

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

INTERVAL_S: Final = 0.2
IDLE_INTERVAL_S: Final = 1.0
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
    """Hands over what changed, again and again, until cancelled."""

    async def run(host: EngineHost) -> None:
        await push_forever(host, target)

    return run


async def push_forever(host: EngineHost, target: PushTarget) -> None:
    """Hand over what changed, again and again."""
    reader = host.engine.reader()
    symbols: tuple[str, ...] = ()
    try:
        while True:
            if target.is_ready:
                symbols = _push(host, reader, target, symbols)
            await asyncio.sleep(INTERVAL_S if target.has_readers else IDLE_INTERVAL_S)
    finally:
        host.engine.forget(reader)


def _push(host: EngineHost, reader: Reader, target: PushTarget, known: tuple[str, ...]) -> tuple[str, ...]:
    changes = host.engine.drain(reader, host.periods)
    symbols = host.engine.symbols()
    if changes.ended or changes.current or symbols != known:
        target.put(HubUpdate(changes, symbols if symbols != known else None))
    return symbols
