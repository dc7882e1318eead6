"""What waits for one reader. A reader in step gets the message made for all; one behind, the newest state of each bar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.serve.encoding import Change, message

MOST_ENDED: Final = 4_000
"""Ended bars kept for a reader that is behind; current bars replace each other, so there are never more than series."""

_Key = tuple[str, Period, int]


class Outbox:
    """Bounded by the number of series and `MOST_ENDED`, however long nobody takes anything out."""

    def __init__(self) -> None:
        self.skipped = 0
        """Ended bars that did not fit since the last message."""
        self._notes: list[bytes] = []
        self._shared: tuple[bytes, Sequence[Change]] | None = None
        self._current: dict[tuple[str, Period], Change] = {}
        self._ended: dict[_Key, Change] = {}
        self._filled = asyncio.Event()
        self._answered = asyncio.Event()
        self._answered.set()

    def __len__(self) -> int:
        """How many bars wait."""
        return len(self._current) + len(self._ended) + (len(self._shared[1]) if self._shared else 0)

    def answer(self, text: bytes) -> None:
        """Put in an answer, which goes before bars that wait."""
        self._notes.append(text)
        self._answered.clear()
        self._filled.set()

    async def answered(self) -> None:
        """Wait until every answer was taken out: who does not listen is not heard."""
        await self._answered.wait()

    def offer(self, text: bytes, changes: Sequence[Change]) -> None:
        """Put in a message made for several readers, and the bars that are in it."""
        if not self:
            self._shared = text, changes
        else:
            self._merge_shared()
            self._merge(changes)
        self._filled.set()

    def keep(self, is_wanted: Callable[[Bar], bool]) -> None:
        """Take out all bars but these."""
        self._merge_shared()
        self._current = {key: change for key, change in self._current.items() if is_wanted(change.bar)}
        self._ended = {key: change for key, change in self._ended.items() if is_wanted(change.bar)}

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
            if self._current or self._ended:
                return self._gathered()
            self._filled.clear()

    def _gathered(self) -> bytes:
        changes = [*self._ended.values(), *self._current.values()]
        more = {"skipped": self.skipped} if self.skipped else None
        self._current, self._ended, self.skipped = {}, {}, 0
        return message("bars", changes, more)

    def _merge_shared(self) -> None:
        if self._shared:
            (_, changes), self._shared = self._shared, None
            self._merge(changes)

    def _merge(self, changes: Iterable[Change]) -> None:
        for change in changes:
            bar = change.bar
            if not change.is_final:
                self._current[bar.symbol, bar.period] = change
                continue
            current = self._current.get((bar.symbol, bar.period))
            if current and current.bar.open_ms == bar.open_ms:
                del self._current[bar.symbol, bar.period]
            self._ended[bar.symbol, bar.period, bar.open_ms] = change
        while len(self._ended) > MOST_ENDED:
            del self._ended[next(iter(self._ended))]
            self.skipped += 1
