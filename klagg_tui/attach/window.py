"""A window: the `Feed` of a market that another process records. It attaches again by itself, as often as the recorder comes and goes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from klagg_tui.attach import codec
from klagg_tui.attach.asking import Asking
from klagg_tui.attach.attached import Attached, Wishes
from klagg_tui.attach.codec import Json, Message
from klagg_tui.attach.history import History, OnDisk, OverLink
from klagg_tui.attach.link import Door, Link
from klagg_tui.attach.told import of_a_recorder
from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, KlaggError, OtherVersion, Unanswered, Unattached
from klagg_tui.feed import FeedUpdate, Status
from klagg_tui.runtime import interpreter
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.look import Look

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_S: Final = 4.0
"""So long a recorder may take from holding the database to letting windows in."""
SLOW_S: Final = 20.0
"""So long one that lets windows in may take to answer: on a busy machine that is no sign of its absence."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 5.0
_GOES_ON: Final = "What is shown is from before; it goes on by itself once a recorder is back."


class Window(Asking):
    """Runs in a thread; every method may be called from another one.

    Args:
        door: where the recorder is.
        database: where that is on this machine, whose history is read here; None: the recorder is asked for it.
        hint: what a person can do once the recorder has ended, as a sentence.
        patience_s: as long may a recorder take to let windows in, and to answer.
    """

    is_attached = True

    def __init__(
        self, door: Door, database: Path | None = None, hint: str = "", patience_s: float | None = None
    ) -> None:
        self.periods: tuple[Period, ...] = ()
        self.pid = 0
        """The recorder's process."""
        self._door = door
        self._database = database
        self._hint = hint
        self._patience_s = PATIENCE_S if patience_s is None else patience_s
        self._slow_s = SLOW_S if patience_s is None else patience_s
        self._latest = Latest()
        self._link: Link | None = None
        self._attached: Attached | None = None
        self._history: History | None = None
        self._wishes = Wishes()
        self._trouble = ""
        """Why there is no link."""
        self._disk_trouble = ""
        self._times = 0
        """How often it was attached."""
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._saying: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="klagg-window", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        interpreter.tune()
        self._thread.start()

    def start(self) -> None:
        """Start the thread, where nobody has begun it, and wait for the first picture.

        Raises:
            Unattached: there is no recorder that lets windows in.
        """
        if self._thread.ident is None:
            self.begin()
        self._ready.result()

    def go_on(self, shown: Period | None = None) -> None:
        """The first picture was shown; nothing waits for that."""

    @property
    def error(self) -> BaseException | None:
        """What ended the window by itself."""
        return self._ended.exception() if self._ended.done() else None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.done()

    @property
    def has_recorder(self) -> bool:
        """Whether it is there now."""
        return self._link is not None

    @property
    def is_silent(self) -> bool:
        """Whether the recorder is there and tells nothing any more, as one that was stopped."""
        attached = self._attached
        return attached is not None and self._latest.status.is_behind and not attached.is_told_behind

    @property
    def _who(self) -> str:
        return self._door.name or f"process {self.pid}"

    def take_over(self) -> str:
        """See `Attachment`: not from here."""
        return "Nothing can be recorded from here: this window is all there is of klagg on this machine."

    def take_changes(self) -> FeedUpdate | None:
        """See `Feed.take_changes`."""
        return self._latest.take()

    def status(self) -> Status:
        """See `Feed.status`."""
        status = of_a_recorder(self._latest.status)
        name = f"attached to {self._door.name or self.pid}"
        notices = (*((self._disk_trouble,) if self._disk_trouble else ()), *status.notices)
        if self._link is None:
            gone = " ".join(filter(None, (self._trouble, self._hint, _GOES_ON)))
            return status.behind()._replace(attached=name, notices=(gone, *notices))
        if self.is_silent:
            silent = f"The recorder ({self._who}) says nothing more, though it holds the database. {_GOES_ON}"
            return status._replace(attached=name, notices=(silent, *notices))
        return status._replace(attached=name, notices=notices)

    async def put_question(self, question: Callable[[History], Awaitable[T]]) -> T:
        """See `Asking.put_question`; answered on this window's loop."""
        history, loop = self._history, self._loop
        if history is None or loop is None or self._ended.done():
            raise Unattached("No recorder is attached.")

        async def answer() -> T:
            return await question(history)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), loop))

    async def fetch_older(self, symbol: str, period: Period, before_ms: int) -> OlderBars:
        """See `Feed.fetch_older`."""

        async def asked(_: History) -> OlderBars:
            try:
                return codec.older_in(await self.ask("older", symbol=symbol, period=str(period), before=before_ms))
            except Unattached:
                return OlderBars(Edge.UNREACHABLE)

        return await self.put_question(asked)

    def tape(self, symbol: str) -> tuple[AggTrade, ...]:
        """See `Feed.tape`."""
        shown, trades = self._wishes.shown_tape
        return trades if shown == symbol else ()

    def follow(self, symbol: str | None) -> None:
        """See `Feed.follow`."""
        self._in_loop(lambda: self._follow(symbol))

    def look_at(self, symbols: Sequence[str], period: Period, opened: str | None = None) -> None:
        """See `Feed.look_at`."""
        look = Look(tuple(symbols), period, opened)
        self._in_loop(lambda: self._look_at(look))

    async def stop(self) -> None:
        """Close the window; the recorder goes on."""
        self.cancel()
        await asyncio.shield(asyncio.wrap_future(self._ended))

    def cancel(self) -> None:
        """Begin to close it."""
        self._stopping = True
        if self._thread.ident is None and not self._ended.done():
            self._ended.set_result(None)
        self._in_loop(lambda: self._task and self._task.cancel())

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for its end; raises what ended it, `TimeoutError` where it goes on."""
        self._ended.result(timeout_s)

    async def ask(self, what: str, **asked: Json) -> Json:
        """See `Link.ask`; on this window's loop."""
        if self._link is None:
            raise Unattached("The recorder is not there now.")
        return await self._link.ask(what, **asked)

    def _in_loop(self, work: Callable[[], object]) -> None:
        if self._loop is not None and not self._ended.done():
            with suppress(RuntimeError):  # it has just closed
                self._loop.call_soon_threadsafe(work)

    def _follow(self, symbol: str | None) -> None:
        self._wishes.follow(symbol)
        self._say(self._wishes.said()[0])

    def _look_at(self, look: Look) -> None:
        self._wishes.look = look
        self._say(self._wishes.said()[1])

    def _say(self, message: Message) -> None:
        if self._link is not None:
            task = asyncio.ensure_future(self._link.say(message))
            self._saying.add(task)
            task.add_done_callback(self._saying.discard)

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            asyncio.run(self._work())
        except asyncio.CancelledError:
            pass
        except BaseException as caught:  # the outer edge of the thread: whoever waits is given it
            if not isinstance(caught, Unattached):
                log.exception("the window ended")
            error = caught
        if not self._ready.done():
            self._ready.set_exception(error or KlaggError("klagg was stopped before it had started."))
        if error is None:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(error)

    async def _work(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._stopping:  # asked to stop before there was anything to cancel
            return
        began_s, pause_s = time.monotonic(), FIRST_PAUSE_S
        while True:
            try:
                await self._attach()
                pause_s = FIRST_PAUSE_S
            except OtherVersion as error:
                if not self._ready.done():
                    raise
                self._trouble = str(error)
            except KlaggError as error:
                patience_s = self._slow_s if isinstance(error, Unanswered) else self._patience_s
                is_over = time.monotonic() - began_s > patience_s or not isinstance(error, Unattached)
                if not self._ready.done() and is_over:
                    raise
                log.debug("not attached: %s", error)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _attach(self) -> None:
        """Look on until the connection ends.

        Raises:
            Unattached: there is none.
        """
        link = await self._door.open()
        try:
            self.periods, self.pid = link.greeting.periods, link.greeting.pid
            self._history = OnDisk(self._database, link.greeting.markets, self) if self._database else OverLink(self)
            attached = Attached(
                link,
                self._history,
                self._latest,
                self._wishes,
                is_first=not self._times,
                note_trouble=self._note_trouble,
            )
            self._trouble = f"The recorder ({self._who}) is gone."  # from when it is
            self._link, self._attached, self._times = link, attached, self._times + 1
            await link.join()
            for message in self._wishes.said():
                await link.say(message)
            await attached.run(self._be_ready)
        except BadFrame as error:
            log.warning("%s", error)
        finally:
            self._link = self._attached = None
            await link.close()

    def _be_ready(self) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    def _note_trouble(self, trouble: str) -> None:
        self._disk_trouble = trouble
