"""One stretch of looking on, from a first picture until the connection ends: what comes is shown in turns with what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Final

from klagg_tui.attach import codec
from klagg_tui.attach.codec import Message
from klagg_tui.attach.gathering import Gathering
from klagg_tui.attach.history import History
from klagg_tui.attach.link import Link
from klagg_tui.attach.standing import Standing, Told, told_in
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period, chain
from klagg_tui.errors import KlaggError, StorageError
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.tape import Tape
from klagg_tui.runtime.turns import Turns

SHOW_S: Final = 0.1
_MOST_RECALLED: Final = 5_000
"""Minutes of contracts that wait for the screen before more of what is stored is read."""


class Wishes:
    """What somebody looks at in a window, whether it is attached or not."""

    def __init__(self) -> None:
        self.look = Look()
        self.tape = Tape()
        self.shown_tape: tuple[str | None, tuple[AggTrade, ...]] = (None, ())
        """The symbol that is followed and its trades, for other threads."""

    def follow(self, symbol: str | None) -> None:
        """Show the trades of this symbol."""
        self.tape.follow(symbol)
        self.shown_tape = symbol, tuple(self.tape.trades)

    def take_trades(self, symbol: str, trades: Sequence[AggTrade]) -> None:
        """Some of them came."""
        if symbol == self.tape.symbol:
            self.tape.recall(trades)
            self.shown_tape = symbol, tuple(self.tape.trades)

    def said(self) -> tuple[Message, Message]:
        """As a recorder is told it."""
        look = self.look
        return {"follow": self.tape.symbol}, {"look": look.symbols, "period": str(look.period), "opened": look.opened}


class Attached:
    """Everything here is called on the window's loop. It is the `Shown` of its turns.

    Args:
        link: to the recorder.
        history: where stored bars come from.
        latest: where updates and status go.
        wishes: what somebody looks at.
        is_first: whether nothing was shown before; else all is shown anew.
        note_trouble: told why stored bars cannot be read, and nothing once they can.
    """

    def __init__(
        self,
        link: Link,
        history: History,
        latest: Latest,
        wishes: Wishes,
        *,
        is_first: bool,
        note_trouble: Callable[[str], None],
    ) -> None:
        self.stale_closes = list(chain(link.greeting.periods))
        self._periods = link.greeting.periods
        self._link, self._history, self._latest, self._wishes = link, history, latest, wishes
        self._is_first = is_first
        self._note_trouble = note_trouble
        self._gathering = Gathering()
        self._standing = Standing()
        self._slices: list[Told] = []
        """Of one moment, the last of which has not come yet."""
        self._turns = Turns(self)
        self._said: Message = {}
        """The recorder's status, field by field."""
        self._known: dict[str, InstrumentFacts] = {}
        self._followed: dict[str, None] = {}
        self._has_picture = asyncio.Event()
        self._recalling: asyncio.Task[None] | None = None

    async def run(self, be_ready: Callable[[], None]) -> None:
        """Show what comes until the connection ends; `be_ready` is called once there is something to be seen.

        Raises:
            BadFrame: what comes cannot be read.
        """
        receiving = asyncio.ensure_future(self._link.receive(self._take))
        showing = asyncio.ensure_future(self._show(be_ready))
        try:
            await asyncio.wait((receiving, showing), return_when=asyncio.FIRST_COMPLETED)
            for task in (receiving, showing):
                if task.done():
                    task.result()
        finally:
            tasks = [task for task in (receiving, showing, self._recalling) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_told_behind(self) -> bool:
        """Whether the recorder itself says that what it has is from before."""
        return bool(self._said.get("is_behind"))

    @property
    def look(self) -> Look:
        """See `Shown`."""
        return self._wishes.look

    @property
    def followed(self) -> Collection[str]:
        """See `Shown`."""
        return self._followed

    def exchange_ms(self) -> int:
        """See `Shown`."""
        return self._latest.status.exchange_now_ms

    async def update(self) -> FeedUpdate:
        """See `Shown`."""
        return self._gathering.take()

    async def closes(self, period: Period, symbols: Collection[str] | None) -> FeedUpdate:
        """See `Shown`."""
        return await self._history.closes(period, symbols, self._known)

    def _take(self, message: Message) -> None:
        """One message of the recorder."""
        if "status" in message:
            self._said |= message["status"]
            self._latest.status = codec.status_in(self._said)
        for kind in ("picture", "update"):
            if kind in message:
                self._slices.append(told_in(message[kind]))
                if message.get("more"):
                    return
        for told in self._slices:
            self._take_told(told)
        self._slices.clear()
        if "picture" in message:
            self._has_picture.set()
        if "recalled" in message:
            self._gathering.recall(codec.minutes_in(message["recalled"]))
        if "tape" in message:
            self._wishes.take_trades(message["tape"], codec.trades_in(message["trades"]))

    def _take_told(self, told: Told) -> None:
        update = self._standing.whole(told)
        self._known.update(update.instruments)
        self._followed.update(dict.fromkeys(update.symbols_added))
        for symbol in update.symbols_removed:
            self._followed.pop(symbol, None)
        self._gathering.add(update)

    async def _show(self, be_ready: Callable[[], None]) -> None:
        await self._has_picture.wait()
        try:
            stored = await self._history.stored_bars(self._periods)
        except StorageError as error:
            self._note_trouble(f"{error} Stored bars are shown once it can be read.")
            stored = FeedUpdate()
        if not self._is_first:  # what was shown before is of another time
            stored = stored._replace(anew_until_ms=max(1, self.exchange_ms()))
        await self._put(stored)
        be_ready()
        self._recalling = asyncio.ensure_future(self._recall())
        shown = self._wishes.look.period
        self.stale_closes.sort(key=lambda period: period is not shown)
        while True:
            try:
                await self._put(await self._turns.next())
                self._note_trouble("")
            except StorageError as error:
                self._note_trouble(f"{error} Stored bars are shown once it can be read.")
            await asyncio.sleep(SHOW_S)

    async def _recall(self) -> None:
        """What was told of contracts before, behind all that is on view; a disk that fails is told elsewhere."""
        with suppress(KlaggError):
            async for minutes in self._history.recalled(self.exchange_ms()):
                self._gathering.recall(minutes)
                while self._gathering.minutes > _MOST_RECALLED:  # noqa: ASYNC110 - the screen tells nobody when it looks
                    await asyncio.sleep(SHOW_S)

    async def _put(self, update: FeedUpdate) -> None:
        """Once the screen has taken the one before; meanwhile what comes is gathered."""
        while not self._latest.is_taken:  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(SHOW_S / 2)
        self._latest.put(update)
