"""What waits for one reader. A reader in step gets the message made for all; one behind, the newest state of each bar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import Overlay
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.serve.encoding import Change, message, stretches_message
from klagg_tui.storage.news import HistoryNews

MAX_ENDED: Final = 4_000
"""Ended bars kept for a reader that is behind; current bars replace each other, so there are never more than series."""


class Outbox:
    """Bounded by the number of series and `MAX_ENDED`, however long nobody takes anything out."""

    def __init__(self) -> None:
        self.skipped = 0
        """Ended bars that did not fit since the last message."""
        self._notes: list[bytes] = []
        self._shared: tuple[bytes, Sequence[Change]] | None = None
        self._bars: Overlay[Change] = Overlay()
        self._stored = HistoryNews()
        """Stretches of bars that are to be asked for."""
        self._number = 0
        """Of the newest of them."""
        self._filled = asyncio.Event()
        self._answered = asyncio.Event()
        self._answered.set()

    def __len__(self) -> int:
        """How many bars wait."""
        return len(self._bars) + (len(self._shared[1]) if self._shared else 0)

    def answer(self, text: bytes) -> None:
        """Put in an answer, which goes before bars that wait."""
        self._notes.append(text)
        self._answered.clear()
        self._filled.set()

    async def answered(self) -> None:
        """Wait until every answer was taken out: who does not read is not served."""
        await self._answered.wait()

    def offer(self, text: bytes, changes: Sequence[Change]) -> None:
        """Put in a message made for several readers, and the bars that are in it."""
        if not self:
            self._shared = text, changes
        else:
            self._merge_shared()
            self._merge(changes)
        self._filled.set()

    def offer_stretches(self, stretches: Sequence[StoredStretch], number: int) -> None:
        """Put in where bars changed that are not told one by one; they go behind the bars that wait."""
        self._stored.add(stretches)
        self._number = number
        self._filled.set()

    def retain(self, covers: Callable[[Bar | StoredStretch], bool]) -> None:
        """Take out all bars but these."""
        self._merge_shared()
        self._bars.keep(lambda change: covers(change.bar))
        self._stored.add(stretch for stretch in self._stored.take() if covers(stretch))

    async def take(self) -> bytes:
        """The next message; waits for one."""
        while True:
            await self._filled.wait()
            if self._notes:
                text = self._notes.pop(0)
                if not self._notes:
                    self._answered.set()
                return text
            if self._shared:
                (text, _), self._shared = self._shared, None
                return text
            if self._bars:
                return self._gathered()
            if self._stored:
                return stretches_message(self._stored.take(), self._number)
            self._filled.clear()

    def _gathered(self) -> bytes:
        changes = [*self._bars.ended.values(), *self._bars.current.values()]
        more = {"skipped": self.skipped} if self.skipped else None
        self._bars.clear()
        self.skipped = 0
        return message("bars", changes, more)

    def _merge_shared(self) -> None:
        if self._shared:
            (_, changes), self._shared = self._shared, None
            self._merge(changes)

    def _merge(self, changes: Sequence[Change]) -> None:
        current = [change for change in changes if not change.is_final]
        self._bars.add(current, [change for change in changes if change.is_final])
        ended = self._bars.ended
        while len(ended) > MAX_ENDED:
            del ended[next(iter(ended))]
            self.skipped += 1
