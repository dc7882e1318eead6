"""The recorder's side of its windows, on the engine's loop: one stream of updates for all of them, and what each wants to see.

One update is under way at a time. Where the server is slow to take it, the engine's reader gathers, so that the next one is larger, and
nothing queues. Without a window there is no reader.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from klagg_tui.attach.standing import MinuteViewer, Told
from klagg_tui.engine.events import AggTrade
from klagg_tui.feed import Status
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.tape import Tape

BEAT_S: Final = 0.25
_NAME: Final = "windows"
_NEWCOMER: Final = "newcomer"


class Beat(NamedTuple):
    """What windows are told at once."""

    status: Status
    update: Told | None = None
    """For those that have had a picture; None: nothing changed for them."""
    picture: Told | None = None
    """All there is, for those that have had none yet: what changed afterwards is in later updates, perhaps with some of this again."""
    tapes: Mapping[int, tuple[str, tuple[AggTrade, ...]]] = {}
    """The symbol that a window follows, by its name in the run, and trades of it that the window has not had yet, by number of the window."""


class Audience(Protocol):
    """Where that goes; called on the engine's loop."""

    @property
    def is_ready(self) -> bool:
        """Whether the last beat was taken."""
        ...

    @property
    def windows(self) -> int:
        """How many look on."""
        ...

    @property
    def newcomers(self) -> int:
        """How many of them have had no picture yet."""
        ...

    def put(self, beat: Beat) -> None:
        """Give a beat; only while it is ready."""
        ...


class _Followed:
    """The tape of one window."""

    def __init__(self) -> None:
        self.tape = Tape()
        self._sent: set[int] = set()

    def follow(self, symbol: str | None) -> None:
        """This symbol from now on."""
        if symbol != self.tape.symbol:
            self._sent.clear()
        self.tape.follow(symbol)

    def take(self) -> tuple[str, tuple[AggTrade, ...]] | None:
        """The symbol and its trades that were not taken yet; None where there are none."""
        symbol, trades = self.tape.symbol, tuple(self.tape.trades)
        news = tuple(trade for trade in trades if trade.aggregate_id not in self._sent)
        self._sent = {trade.aggregate_id for trade in trades}
        return (symbol, news) if symbol is not None and news else None


class Recorder:
    """Everything here is called on the engine's loop."""

    def __init__(self, host: EngineHost, audience: Audience) -> None:
        self._host = host
        self._audience = audience
        self._viewer: MinuteViewer | None = None
        self._followed: dict[int, _Followed] = {}
        self._looks: dict[int, Look] = {}
        self.comes = asyncio.Event()
        """Set when a window comes."""

    async def run(self) -> None:
        """Tell windows what changed, while there are any."""
        try:
            while True:
                self.comes.clear()
                if not self._audience.windows:
                    self._leave()
                    await self.comes.wait()
                if self._audience.is_ready:
                    self._audience.put(await self._beat())
                await asyncio.sleep(BEAT_S)
        finally:
            self._leave()

    def follow(self, window: int, symbol: str | None) -> None:
        """The window shows the trades of this symbol from now on, or of none."""
        followed = self._followed.get(window)
        if followed is None:
            followed = self._followed[window] = _Followed()
            self._host.tapes.append(followed.tape)
        followed.follow(symbol)

    def look_at(self, window: int, look: Look) -> None:
        """The window shows these."""
        self._looks[window] = look
        self._host.look_also([*self._looks.values()])

    def forget(self, window: int) -> None:
        """It is gone."""
        if (followed := self._followed.pop(window, None)) is not None:
            self._host.tapes.remove(followed.tape)
        if self._looks.pop(window, None) is not None:
            self._host.look_also([*self._looks.values()])

    async def _beat(self) -> Beat:
        host = self._host
        update: Told | None = None
        picture: Told | None = None
        if self._viewer is None:
            self._viewer = host.view(_NAME, MinuteViewer)
            picture = await self._told(self._viewer)
        else:
            update = await self._told(self._viewer)
            if self._audience.newcomers:
                # Behind the update: what changes from here on is in the next one.
                newcomer = host.view(_NEWCOMER, MinuteViewer)
                try:
                    picture = await self._told(newcomer)
                finally:
                    host.forget(newcomer)
        tapes = {window: news for window, followed in self._followed.items() if (news := followed.take())}
        return Beat(host.status(), update or None, picture, tapes)

    async def _told(self, viewer: MinuteViewer) -> Told:
        return Told(await self._host.update(viewer), viewer.take_before())

    def _leave(self) -> None:
        if self._viewer is not None:
            self._host.forget(self._viewer)
            self._viewer = None
