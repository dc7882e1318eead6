"""One way's queue: the oldest firing is told first, again after a pause that grows while that fails, and given up in the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from klagg_tui.alerting.way import Way
from klagg_tui.errors import StorageError, Undelivered
from klagg_tui.formatting import counted
from klagg_tui.storage.alerts import AlertStore, Delivery, Outcome

log = logging.getLogger(__name__)

WORTH_MS: Final = 24 * 3_600_000
"""What nobody could be told of for so long is given up."""
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 300.0

Pause = Callable[[float], Awaitable[None]]


class Sender:
    """Empties the queue of one way. Everything here is called on one loop.

    Args:
        way: how people are told.
        store: where the queue is; what is in it is tried again by the next klagg that ends before it is done.
        now_ms: this machine's clock.
        pause: waits so many seconds.
        on_given_up: called when something was.
    """

    def __init__(
        self,
        way: Way,
        store: AlertStore,
        now_ms: Callable[[], int],
        pause: Pause = asyncio.sleep,
        on_given_up: Callable[[], None] = lambda: None,
    ) -> None:
        self.way = way
        self.notices: dict[str, str] = {}
        """Present troubles by subject."""
        self.news = asyncio.Event()
        """Set when something more waits."""
        self._store = store
        self._now_ms = now_ms
        self._pause = pause
        self._on_given_up = on_given_up
        self._failures = 0
        """Since the last success."""
        self._given_up = 0

    async def run(self) -> None:
        """Tell of whatever waits, until cancelled."""
        while True:
            try:
                await self.step()
            except StorageError as error:
                self.notices["storage"] = f"Alerts wait to be told by {self.way.name}: {error}"
                await self._rest()
            except Exception as error:  # the edge of a task: what nobody thought of costs one more try
                log.exception("telling by %s failed", self.way.name)
                self.notices["storage"] = f"Telling of alerts by {self.way.name} failed ({error}); it goes on."
                await self._rest()

    async def step(self) -> None:
        """Tell of what waits longest; wait for something where nothing does."""
        self.news.clear()
        delivery = await self._store.next_delivery(self.way.name)
        self.notices.pop("storage", None)
        if delivery is None:
            self.notices.pop("way", None)
            await self.news.wait()
            return
        try:
            await self.way.send(delivery.firing_id, delivery.firing)
        except Undelivered as error:
            await self._note_failure(delivery, error)
            return
        await self._store.settle(delivery.firing_id, self.way.name, Outcome.DONE)
        self._failures = self._given_up = 0
        self.notices.clear()

    async def _note_failure(self, delivery: Delivery, error: Undelivered) -> None:
        name, most = self.way.name, self.way.most_tries
        is_last = most is not None and delivery.tries + 1 >= most
        is_over = error.is_final or is_last or self._now_ms() - delivery.queued_ms >= WORTH_MS
        log.warning("%s: %s (try %d)", name, error, delivery.tries + 1)
        outcome = Outcome.GIVEN_UP if is_over else Outcome.WAITING
        await self._store.settle(delivery.firing_id, name, outcome, str(error))
        if is_over:
            self.note_given_up(1, str(error))
            return
        waiting = (await self._store.counts()).get((name, Outcome.WAITING.value), 0)
        wait = "waits" if waiting == 1 else "wait"
        self.notices["way"] = f"Alerts by {name}: {error}; {counted(waiting, 'alert')} {wait} and will be sent again."
        await self._rest()

    def note_given_up(self, count: int, reason: str) -> None:
        """So many more will not be told of."""
        self._given_up += count
        was = "was" if self._given_up == 1 else "were"
        self.notices["given up"] = (
            f"{counted(self._given_up, 'alert')} {was} not told by {self.way.name}: {reason}; "
            "the list of alerts says which, `klagg alerts retry` tries them again."
        )
        self._on_given_up()

    async def _rest(self) -> None:
        self._failures += 1
        await self._pause(min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(self._failures - 1, 10)))
