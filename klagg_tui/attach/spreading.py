"""What windows are told, sent to all of them: encoded once, slice by slice, with pauses in which the engine has the interpreter to itself.

For a window that reads slowly it is gathered until it has taken what waits; one that takes nothing for a while is cut off. Nothing else waits
for anybody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterable
from typing import Final

from websockets.asyncio.server import ServerConnection, broadcast

from klagg_tui.attach import codec
from klagg_tui.attach.codec import Message
from klagg_tui.attach.gathering import Gathering
from klagg_tui.attach.recorder import Beat
from klagg_tui.attach.slices import slices_of
from klagg_tui.attach.standing import Told, laid_over, told_out
from klagg_tui.engine.bar import Bar, SeriesKey

log = logging.getLogger(__name__)

MOST_WAITING_BYTES: Final = 2_000_000
"""While so much waits for a window, what changes is gathered for it."""
STUCK_S: Final = 20.0
"""A window that takes nothing of that for so long is cut off."""
PAUSE_S: Final = 0.002
"""Between two slices: longer than most gulps of trades take, see `exchange.transport.gulps`."""
_MOST_GATHERED: Final = 100_000
"""Bars that are gathered for one window; of more it is cut off too."""


class OpenWindow:
    """One that is there."""

    def __init__(self, number: int, connection: ServerConnection) -> None:
        self.number = number
        self.connection = connection
        self.has_picture = False
        self._gathering: Gathering | None = None
        """What it was not sent yet; None where it is in step."""
        self._before: dict[SeriesKey, Bar] = {}
        """And what larger bars had before."""
        self._waited, self._moved_s = 0, time.monotonic()

    @property
    def is_in_step(self) -> bool:
        """Whether it was sent all that others were."""
        return self._gathering is None

    @property
    def waiting(self) -> int:
        """How many bytes it has not taken yet."""
        return self.connection.transport.get_write_buffer_size()

    def is_slow(self) -> bool:
        """Whether it has much to take before it is sent more."""
        waits = self.waiting
        if waits < self._waited or waits <= MOST_WAITING_BYTES:
            self._moved_s = time.monotonic()
        self._waited = waits
        return waits > MOST_WAITING_BYTES

    @property
    def is_stuck(self) -> bool:
        """Whether it takes nothing, or far too little."""
        gathered = len(self._gathering) if self._gathering is not None else 0
        return time.monotonic() - self._moved_s > STUCK_S or gathered > _MOST_GATHERED

    def gather(self, told: Told | None) -> None:
        """Keep what changed for later, behind what is kept already."""
        self._gathering = self._gathering or Gathering()
        if told is not None:
            self._gathering.add(told.update)
            self._before = laid_over(self._before, told)

    def take(self) -> Told:
        """What was kept, as one: it is in step again."""
        assert self._gathering is not None, "it was not"
        told = Told(self._gathering.take(), tuple(self._before.values()))
        self._gathering, self._before = None, {}
        return told


class Spreading:
    """Everything here is called on the server's loop."""

    def __init__(self) -> None:
        self.windows: dict[int, OpenWindow] = {}
        self._said: Message = {}
        """The status as it was told last."""

    async def tell(self, beat: Beat) -> None:
        """Send a beat; returns when all of it is on its way."""
        status = codec.status_out(beat.status)
        news, self._said = codec.changed(self._said, status), status
        windows = [*self.windows.values()]
        new = [window for window in windows if not window.has_picture]
        in_step, late = self._sorted((window for window in windows if window.has_picture), beat.update)
        if in_step:
            await self._spread(in_step, "update", beat.update, news)
        for window in late:
            await self._spread([window], "update", window.take(), status)
        if new and beat.picture is not None:
            for window in new:
                window.has_picture = True
            await self._spread(new, "picture", beat.picture, status)
        for number, (symbol, trades) in beat.tapes.items():
            if (follower := self.windows.get(number)) is not None:
                said = {"tape": symbol, "trades": codec.trades_out(trades)}
                _send([follower], said)

    def _sorted(self, windows: Iterable[OpenWindow], told: Told | None) -> tuple[list[OpenWindow], list[OpenWindow]]:
        """Those that are sent what all are sent, and those that have just taken the rest, and get what they missed as one."""
        in_step, late = [], []
        for window in windows:
            is_slow = window.is_slow()
            if not is_slow and window.is_in_step:
                in_step.append(window)
                continue
            window.gather(told)
            if not is_slow:
                late.append(window)
            elif window.is_stuck:
                log.info("window %d does not read and is cut off", window.number)
                del self.windows[window.number]
                window.connection.transport.abort()
        return in_step, late

    async def _spread(self, windows: Collection[OpenWindow], kind: str, told: Told | None, status: Message) -> None:
        """Slice by slice, the status with the last."""
        left = list(slices_of(told)) if told is not None else []
        while len(left) > 1:
            _send(windows, {kind: told_out(left.pop(0)), "more": True})
            await asyncio.sleep(PAUSE_S)
        last = {kind: told_out(left[0])} if left else {kind: {}} if kind == "picture" else {}
        _send(windows, {**last, "status": status})


def _send(windows: Iterable[OpenWindow], message: Message) -> None:
    broadcast([window.connection for window in windows], codec.packed(message))
