"""`klagg record --from`: a copy of what a recorder elsewhere delivers, until a signal comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from klagg_tui.commands.shared.output import OutputClosed, say
from klagg_tui.commands.shared.status_line import clear, is_rewritten, joined, pause_s
from klagg_tui.errors import SinkError, StorageError
from klagg_tui.formatting import counted
from klagg_tui.runtime.stop_signals import StopSignals

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from klagg_tui.commands.shared.sinks import Sinks
    from klagg_tui.config import Settings
    from klagg_tui.storage.store import Store

log = logging.getLogger(__name__)

_LOOK_S: Final = 0.2
_PAUSES_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Between two tries, the last one again and again."""


class Copying:
    """A copy that is begun anew whenever its stream cannot be read."""

    def __init__(self, store: Store, address: str) -> None:
        """See `Copy`."""
        from klagg_tui.sinks.nats_copy import Copy

        self.copy = Copy(store, address, self._note_written)
        self.trouble = ""
        """Why nothing is copied now."""

    async def _note_written(self, symbols: Collection[str]) -> None:
        if symbols or not self.copy.is_behind:
            self.trouble = ""

    async def run(self) -> None:
        """Copy until cancelled."""
        tries = 0
        while True:
            before = self.copy.bars
            try:
                await self.copy.run()
            except (SinkError, StorageError) as error:
                log.warning("%s", error)
                tries = 0 if self.copy.bars > before else tries + 1
                self.trouble = f"Nothing is copied: {error} It is tried again."
            await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])


def copy_headless(address: str, settings: Settings) -> None:
    """Copy until Ctrl+C or SIGTERM, with a status line now and then.

    Raises:
        KlaggError: the address cannot be read, or the database cannot be used.
    """
    from klagg_tui.commands.shared.sinks import Sinks
    from klagg_tui.sinks.nats_address import read_address

    read_address(address)
    with StopSignals() as stop, Sinks(settings) as sinks:
        asyncio.run(_copy(address, settings.storage.database, sinks, stop))
    with contextlib.suppress(OutputClosed):
        say("Stopped; the copy is written.")


async def _copy(address: str, path: Path, sinks: Sinks, stop: StopSignals) -> None:
    from klagg_tui.storage.store import Store

    async with await Store.open(path, is_kept_empty=False) as store:
        copying = Copying(store, address)
        await copying.copy.check()
        working = asyncio.create_task(copying.run())
        sinks.start()
        with contextlib.suppress(OutputClosed):
            say(f"Copying {copying.copy.name} into {path}{sinks.said}. Ctrl+C ends it.")
            await _report(copying, sinks, working, stop)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def _report(copying: Copying, sinks: Sinks, working: asyncio.Task[None], stop: StopSignals) -> None:
    from klagg_tui.commands.record import Problems

    problems, next_s = Problems(), time.monotonic()
    while not stop.came and not working.done():
        found = [text for text in (copying.trouble, copying.copy.lacking, *sinks.notices) if text]
        for text in problems.fresh(found, time.monotonic()):
            say(text, before=clear(), err=True)
        if time.monotonic() >= next_s:
            say(joined(_parts(copying)), before=clear(), nl=not is_rewritten())
            next_s = time.monotonic() + pause_s()
        await asyncio.sleep(_LOOK_S)
    say(joined(_parts(copying)), before=clear())


def _parts(copying: Copying) -> list[str]:
    copy = copying.copy
    parts = [f"{counted(copy.bars, 'bar')} copied"]
    if not copying.trouble:  # what waits cannot be known where nothing can be read
        parts.append("more waits" if copy.is_behind else "nothing waits")
    if copy.newest_ms:
        parts.insert(0, f"{datetime.fromtimestamp(copy.newest_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC")
    return parts
