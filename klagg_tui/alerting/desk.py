"""Where alerts are kept while klagg runs: a thread of its own that writes them down and tells people of them.

Whoever watches alerts hands over what changed and goes on at once; a disk that is full, a server that is down and a command that
hangs hold up neither screen nor engine. What was handed over is written in order; what could not be yet is tried again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Final, TypeAlias

from klagg_tui.alert import Alert, Firing, Ledger
from klagg_tui.alerting.sender import Sender
from klagg_tui.alerting.way import Way
from klagg_tui.errors import StorageError
from klagg_tui.formatting import counted
from klagg_tui.storage.alerts import AlertStore

log = logging.getLogger(__name__)

FIRINGS_TOLD: Final = 200
"""The newest ones that `news` gives."""
LOOK_S: Final = 2.0
"""Between two looks whether another klagg changed the alerts, and two tries to write."""
STOP_S: Final = 2.0
"""So long is waited at most for the last changes to be written."""
MOST_HELD: Final = 10_000
"""Changes that wait in memory while they cannot be written; of more the oldest are dropped, and that is told."""

_Work: TypeAlias = Callable[[AlertStore], Awaitable[None]]


class Desk:
    """The `AlertDesk` of a database. Public methods may be called from any one thread.

    Args:
        path: the database, which is there and up to date when `start` is called.
        ways: how people are told.
        now_ms: this machine's clock.
        watches: whether this klagg is the one that writes down and tells what fires, or only looks at what another one does.
    """

    keeps = True

    def __init__(
        self,
        path: Path,
        ways: Sequence[Way] = (),
        now_ms: Callable[[], int] = lambda: round(time.time() * 1000),
        watches: Callable[[], bool] = lambda: True,
    ) -> None:
        self._path = path
        self._ways = tuple(ways)
        self._now_ms = now_ms
        self._watches = watches
        self._given: deque[_Work] = deque()
        self._given_count = self._done_count = 0
        self._ledger: tuple[int, Ledger] | None = None
        """What is kept once so many changes were done, until it is asked for."""
        self._known: tuple[Alert, ...] | None = None
        """Alerts as they were read last."""
        self._dropped = 0
        self._troubles: dict[str, str] = {}
        self._senders: list[Sender] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakes = asyncio.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="klagg-alerts", daemon=True)

    def start(self) -> None:
        """Begin to write and to tell."""
        self._thread.start()

    def stop(self, patience_s: float = STOP_S) -> None:
        """Write what was handed over and end; what people were not told yet waits for the next start."""
        self._is_stopping = True
        if self._thread.ident is not None:
            self._wake()
            self._thread.join(patience_s)

    @property
    def notices(self) -> tuple[str, ...]:
        """See `AlertDesk.notices`."""
        told = list(self._troubles.values())
        return (*told, *(notice for sender in self._senders for notice in list(sender.notices.values())))

    def news(self) -> Ledger | None:
        """See `AlertDesk.news`."""
        found = self._ledger
        if found is None or found[0] != self._given_count:
            return None
        self._ledger = None
        return found[1]

    def put(self, alert: Alert) -> None:
        """See `AlertDesk.put`."""

        async def work(store: AlertStore) -> None:
            await store.put(alert)
            self._known = None

        self._give(work)

    def remove(self, text: str) -> None:
        """See `AlertDesk.remove`."""

        async def work(store: AlertStore) -> None:
            await store.remove(text)
            self._known = None

        self._give(work)

    def note(self, changed: Sequence[Alert], firings: Sequence[Firing] = ()) -> None:
        """See `AlertDesk.note`; where another klagg watches, it notes that itself."""
        if not self._watches():
            return
        changed, firings = tuple(changed), tuple(firings)
        ways = {way.name: way.most_at_once for way in self._ways}

        async def work(store: AlertStore) -> None:
            given_up = await store.note(changed, firings, ways, self._now_ms())
            # Whoever handed that over knows it: it is no news, unless another klagg changed the same alerts.
            if self._known is not None:
                standing = {alert.text: alert for alert in changed}
                self._known = tuple(standing.get(alert.text, alert) for alert in self._known)
            for sender in self._senders:
                sender.news.set()
                if count := given_up.get(sender.way.name):
                    sender.note_given_up(count, "too many waited")

        self._give(work)

    def _give(self, work: _Work) -> None:
        self._given_count += 1
        self._given.append(work)
        self._wake()

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._wakes.set)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # the outer edge of the thread
            log.exception("the alerts' thread ended")
            self._troubles["thread"] = "Alerts are neither kept nor told any more; the log says why. Start klagg again."

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        store = await self._opened()
        if store is None:
            return
        async with AsyncExitStack() as stack:
            stack.push_async_callback(store.close)
            for way in self._ways:
                stack.push_async_callback(way.close)
            tasks: list[asyncio.Task[None]] = []
            try:
                await self._work(store, tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _opened(self) -> AlertStore | None:
        """The alerts of the database, as soon as it can be opened; None where klagg ends before."""
        while True:
            try:
                store = await AlertStore.open(self._path)
            except StorageError as error:
                self._note_trouble(error)
            else:
                self._troubles.pop("storage", None)
                return store
            if self._is_stopping:
                return None
            await self._wait()

    async def _work(self, store: AlertStore, sending: list[asyncio.Task[None]]) -> None:
        while True:
            self._wakes.clear()
            if not self._senders and self._watches():
                self._senders = [Sender(way, store, self._now_ms, on_given_up=self._read_again) for way in self._ways]
                sending += [asyncio.ensure_future(sender.run()) for sender in self._senders]
            is_last = self._is_stopping
            try:
                await self._write(store)
                await self._read(store)
                self._troubles.pop("storage", None)
            except StorageError as error:
                self._note_trouble(error)
            if is_last:
                return
            await self._wait()

    async def _write(self, store: AlertStore) -> None:
        """What was handed over, in order; what fails stays where it is."""
        while len(self._given) > MOST_HELD:
            self._given.popleft()
            self._done_count += 1
            self._dropped += 1
        while self._given:
            await self._given[0](store)
            self._given.popleft()
            self._done_count += 1

    async def _read(self, store: AlertStore) -> None:
        """Have news where the alerts are not those of last time."""
        done, waiting = self._done_count, self._ledger
        alerts = await store.alerts()
        if alerts != self._known or (waiting is not None and waiting[0] != done):
            self._ledger = done, await store.ledger(FIRINGS_TOLD)
            self._known = alerts

    def _read_again(self) -> None:
        self._known = None
        self._wakes.set()

    def _note_trouble(self, error: StorageError) -> None:
        verb = "is" if self._dropped == 1 else "are"
        lost = f" {counted(self._dropped, 'change')} of them {verb} lost." if self._dropped else ""
        self._troubles["storage"] = f"Alerts wait to be written: {error}{lost}"

    async def _wait(self) -> None:
        """For something to do, or until it is time to look whether another klagg did something."""
        try:
            async with asyncio.timeout(LOOK_S):
                await self._wakes.wait()
        except TimeoutError:
            for sender in self._senders:
                sender.news.set()
