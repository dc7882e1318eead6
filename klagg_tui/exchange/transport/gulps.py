"""Reading many sockets on one beat, so that frames gather and are taken at once.

At a realistic pace every frame would wake the loop, and waking costs more than a frame. So the sockets of the market are looked at some
hundred times a second, all of them at once, and everything else as soon as it is ready. The more of its time the thread works, the
longer is the beat: larger gulps cost less a frame. Where nothing came for a beat, the next frame wakes the loop at once.

It stands where the loop waits, in its selector, because the usual way costs twice as much: to pause and resume reading takes two
wakes a gulp and two calls of the system for each socket, and each of these gives the interpreter away, which the screen's thread keeps.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, cast

Events: TypeAlias = list[tuple[selectors.SelectorKey, int]]

BEAT_S: Final = 0.004
LENGTHS: Final = ((0.15, 1), (0.35, 2), (0.7, 4), (1.0, 8))
"""While the thread works for less than a share of the time, a beat is so many times `BEAT_S`; each divides all longer ones, so that
beats lie on one grid."""
_MEASURED_S: Final = 0.25
"""Over so long the work is measured."""


class GulpSelector(selectors.BaseSelector):
    """Some of the files it is given are looked at on a beat, all others at once.

    Args:
        beat_s: how long the shortest beat is.
        clock_s: a steady clock.
        worked_s: how long the calling thread has worked.
    """

    def __init__(
        self,
        beat_s: float = BEAT_S,
        clock_s: Callable[[], float] = time.monotonic,
        worked_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._shortest_s = self._beat_s = beat_s
        self._clock_s, self._worked_s = clock_s, worked_s
        self._usual, self._gathered = selectors.DefaultSelector(), selectors.DefaultSelector()
        self._wanted: set[int] = set()
        """Files that are to be looked at on the beat."""
        self._next_s: float | None = None
        """When the gathered ones are looked at next; None: as soon as any is ready."""
        self._measured_s = self._measured_work_s = 0.0
        self._wait_for_any()

    def gather(self, fd: int) -> None:
        """Look at a file on the beat from now on, while it is to be read only."""
        self._wanted.add(fd)
        self._place(fd)

    def release(self, fd: int) -> None:
        """Look at a file as soon as it is ready, as at all others."""
        self._wanted.discard(fd)
        self._place(fd)

    def hurry(self) -> None:
        """More is likely to be there already: do not wait for the next beat."""
        if self._next_s is not None:
            self._next_s = 0.0

    # What a loop calls

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401, D102
        return self._place_of(_fd(fileobj), events).register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401, D102
        return self._holder(fileobj).unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401, D102
        holder = self._holder(fileobj)
        if holder is self._place_of(_fd(fileobj), events):
            return holder.modify(fileobj, events, data)
        holder.unregister(fileobj)
        return self.register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> Events:
        """Files that are ready, as every selector gives them; it may return earlier than asked, with none."""
        if self._next_s is None:
            return self._usual_ones(timeout)
        left_s = max(0.0, self._next_s - self._clock_s())
        found = self._usual.select(left_s if timeout is None else min(left_s, timeout))
        now_s = self._clock_s()
        if now_s < self._next_s:
            return found
        if gathered := self._gathered.select(0):
            self._begin_beat(now_s)
            return found + gathered
        self._wait_for_any()
        return found

    def close(self) -> None:  # noqa: D102
        self._usual.close()
        self._gathered.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:  # noqa: D102
        return ChainMap(cast("Any", self._usual.get_map()), cast("Any", self._gathered.get_map()))

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401, D102
        return self._holder(fileobj).get_key(fileobj)

    def _usual_ones(self, timeout: float | None) -> Events:
        """While no beat is on: what is ready, and where that are gathered ones, the beat begins with them."""
        found = self._usual.select(timeout)
        own = [(key, mask) for key, mask in found if key.data is self]
        if not own:
            return found
        self._usual.unregister(self._gathered)
        self._begin_beat(self._clock_s())
        return [ready for ready in found if ready[0].data is not self] + self._gathered.select(0)

    def _begin_beat(self, now_s: float) -> None:
        past_s = now_s - self._measured_s
        if past_s >= _MEASURED_S:
            worked_s = self._worked_s()
            share = (worked_s - self._measured_work_s) / past_s
            times = next((times for most, times in LENGTHS if share < most), LENGTHS[-1][1])
            self._beat_s = self._shortest_s * times
            self._measured_s, self._measured_work_s = now_s, worked_s
        self._next_s = (now_s // self._beat_s + 1) * self._beat_s

    def _wait_for_any(self) -> None:
        self._next_s = None
        self._usual.register(self._gathered, selectors.EVENT_READ, self)

    def _place_of(self, fd: int, events: int) -> selectors.BaseSelector:
        return self._gathered if fd in self._wanted and events == selectors.EVENT_READ else self._usual

    def _holder(self, fileobj: Any) -> selectors.BaseSelector:  # noqa: ANN401
        return self._gathered if fileobj in self._gathered.get_map() else self._usual

    def _place(self, fd: int) -> None:
        """Move a file that is registered to where it belongs."""
        if key := self.get_map().get(fd):
            self.modify(fd, key.events, key.data)


def _fd(fileobj: Any) -> int:  # noqa: ANN401 - as selectors take it: a number, or what has one
    return fileobj if isinstance(fileobj, int) else cast("int", fileobj.fileno())


class GulpLoop(asyncio.SelectorEventLoop):
    """An event loop that can read sockets on a beat."""

    def __init__(self, beat_s: float = BEAT_S) -> None:
        self.gulps = GulpSelector(beat_s)
        super().__init__(self.gulps)
