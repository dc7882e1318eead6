"""Delivers to one target while klagg runs, in a thread of its own: a server that is dead or slow holds up nothing and loses nothing."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from klagg_tui.errors import SinkError, StorageError
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.target import Target
from klagg_tui.storage.sink_log import SinkLog

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
"""Between two looks whether there is more to deliver."""
PAUSES_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Between two tries, the last one again and again."""
TOLD_S: Final = 60.0
"""So long at least it is told that everything is delivered anew."""
STOP_S: Final = 5.0
"""So long the last bars are waited for at the end."""


class Sender:
    """Delivers from a database to a target.

    Args:
        path: the database, which need not be there yet.
        target: where bars go.
        forming_s: seconds between two deliveries of the bars under way; 0: never.
    """

    def __init__(self, path: Path, target: Target, forming_s: float = 0) -> None:
        self._path = path
        self._target = target
        self._forming_s = forming_s
        self._trouble = ""
        self._told = ""
        self._told_at = 0.0
        self._tries = 0
        """In vain, since bars were delivered last."""
        self._is_stopping = False
        self._is_behind = True
        self._has_all = False
        """Whether what was left at the end was delivered too."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakes = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="klagg-sink", daemon=True)
        self.delivered = 0
        """Bars, so far."""

    @property
    def name(self) -> str:
        """The target's."""
        return self._target.name

    @property
    def is_started(self) -> bool:
        """Whether it has begun."""
        return self._thread.ident is not None

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def finish(self) -> None:
        """Have it deliver what is left, and end."""
        self._is_stopping = True
        self._call(self._wakes.set)

    def has_ended(self, patience_s: float) -> bool:
        """Wait so long for its end; returns whether it came."""
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def stop(self, patience_s: float = STOP_S) -> bool:
        """Deliver what is left, within some seconds, and end; returns whether that was all."""
        self.finish()
        if not self.has_ended(patience_s):
            self._call(self._cancel)
            self._thread.join(1.0)
        # What was delivered before the server went says nothing of what was stored since.
        return self._has_all

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong, or was: sentences for a person."""
        return tuple(text for text in (self._trouble, self._told) if text)

    def _call(self, what: object) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(what)  # type: ignore[arg-type]

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        except asyncio.CancelledError:
            pass
        except Exception:  # the outer edge of the thread
            log.exception("the sink's thread ended")
            self._trouble = (
                f"Nothing is delivered to {self._target.name} any more; the log says why. Start klagg again."
            )

    async def _work(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        while True:
            try:
                async with await SinkLog.open(self._path) as source:
                    delivery = Delivery(source, self._target, has_forming=self._forming_s > 0)
                    try:
                        await delivery.begin()
                        self._note_begin(delivery)
                        await self._deliver(delivery)
                    finally:
                        await self._target.close()
                return
            except (SinkError, StorageError) as error:
                self._trouble = f"Bars wait to be delivered: {error} They are kept, and it is tried again."
                log.warning("%s", error)
            except Exception as error:  # the edge of a task: what nobody thought of is tried again too
                self._trouble = f"Bars wait to be delivered to {self._target.name}; the log says why ({error})."
                log.exception("the sink failed")
            if self._is_stopping:
                return
            await self._wait(PAUSES_S[min(self._tries, len(PAUSES_S) - 1)])
            self._tries += 1

    async def _deliver(self, delivery: Delivery) -> None:
        """Until klagg ends."""
        before, forming_at = self.delivered, 0.0
        while True:
            is_last, is_due = self._is_stopping, time.monotonic() >= forming_at
            began_s = time.thread_time()
            while await delivery.step(is_forming_due=is_due):
                self._note_step(before + delivery.delivered)
                self._is_behind = True
                # Who takes trades and who draws share the interpreter with this thread: half of the time it leaves to them.
                await self._wait(time.thread_time() - began_s)
                began_s = time.thread_time()
            self._note_step(before + delivery.delivered)
            self._is_behind = False
            if time.monotonic() > self._told_at + TOLD_S:
                self._told = ""
            if is_due:
                forming_at = time.monotonic() + self._forming_s
            if is_last:
                self._has_all = True
                return
            await self._wait(max(LOOK_S, self._target.pause_s))

    def _note_step(self, delivered: int) -> None:
        """Only now it is known to work: a server whose disk is full takes logins, and each try has some thousand bars made ready."""
        self.delivered, self._tries, self._trouble = delivered, 0, ""

    def _note_begin(self, delivery: Delivery) -> None:
        if delivery.anew:
            self._told_at = time.monotonic()
            self._told = f"Everything stored is delivered to {self._target.name} anew: {delivery.anew}."
            log.warning("%s", self._told)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wakes.wait()
