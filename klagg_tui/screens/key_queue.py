"""Keys one after the other: each is looked at when all that the one before set off is done.

A key travels from widget to widget as messages do. Two that arrive together, as over a slow line, are both on their way
before the first has opened the line for the filter, and the second would be a command of the table.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

ROUNDS: Final = 2
"""The first time round the key is handled; the second, the messages that its handling has sent."""
MAX_WAIT_S: Final = 1.0
"""A key waits no longer, even where a widget was closed with the message that should have come back."""


class KeyQueue:
    """Hands each key to `dispatch` in its turn."""

    def __init__(self, app: App[Any], dispatch: Callable[[events.Key], Awaitable[None]]) -> None:
        self._app = app
        self._dispatch = dispatch
        self._waiting: deque[events.Key] = deque()
        self._turn = 0
        self._is_busy = False

    async def take(self, key: events.Key) -> None:
        """A key was pressed."""
        self._waiting.append(key)
        if not self._is_busy:
            await self._next(self._turn)
        elif len(self._waiting) == 1:
            self._app.set_timer(MAX_WAIT_S, lambda turn=self._turn: self._next(turn))

    async def _next(self, turn: int) -> None:
        """The turn is over, unless it was before."""
        if turn != self._turn:
            return
        self._turn += 1
        self._is_busy = bool(self._waiting)
        if self._waiting:
            target = self._app.focused or self._app.screen
            await self._dispatch(self._waiting.popleft())
            self._queue_up(self._turn, [*target.ancestors_with_self] * ROUNDS)

    def _queue_up(self, turn: int, way: Sequence[MessagePump]) -> None:
        """Behind all that waits at the first of the way; from there go on to the next."""
        for at, node in enumerate(way):
            if node.call_later(self._queue_up, turn, way[at + 1 :]):
                return
        self._app.call_later(self._next, turn)
