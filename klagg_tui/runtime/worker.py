"""The engine's thread with an event loop of its own, and the `Feed` that other threads get of it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from klagg_tui.edge import OlderBars
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import KlaggError, StorageError
from klagg_tui.exchange.transport.gulps import GulpLoop
from klagg_tui.feed import FeedUpdate, Status
from klagg_tui.runtime import interpreter, questions
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.run import EngineRun, opened
from klagg_tui.runtime.source import Plan
from klagg_tui.storage.store import Store

if TYPE_CHECKING:  # as in `feed`
    from klagg_tui.exporting.exporter import Estimate, Exported, OnProgress, ShouldStop
    from klagg_tui.exporting.format import Format
    from klagg_tui.exporting.selection import Selection

log = logging.getLogger(__name__)

T = TypeVar("T")

_STOPPED: Final = "The engine has stopped; start klagg again."

HELD_S: Final = 3.0
"""So long the engine waits at most for the first picture."""


class _Started(NamedTuple):
    """What cancels the thread's work."""

    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[None]


class Runtime:
    """Runs a plan in a thread. It is the `Feed` of the screens; every method may be called from another thread."""

    def __init__(self, plan: Plan) -> None:
        self.periods = tuple(sorted(set(plan.periods)))
        self._plan = plan
        self._latest = Latest()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="klagg-engine", daemon=True)
        self._started: Future[_Started] = Future()
        """Done as soon as there is something to cancel."""
        self._ready: Future[EngineHost] = Future()
        """Done when the database is open; another one once all begins again."""
        self._asked: set[asyncio.Task[object]] = set()
        """Questions that are being answered, on the engine's loop."""
        self._again_ms = 0
        """Up to when all was run that is to begin again; 0 where nothing is."""
        self._is_asked_again: asyncio.Event | None = None
        """Set with it."""
        self._may_go: Future[Period | None] = Future()
        """Done when the newest stored bars were shown, by the period on view, or nobody waits for that."""
        self._ended: Future[None] = Future()
        self._followed: str | None = None
        self._look = Look()
        self._has_opened = False
        """Whether the database was open once."""
        self._is_over = False
        """Whether it is being closed for good: whoever asks then gets no answer."""

    def begin(self) -> None:
        """Start the thread, which opens the database and reads what is stored; the exchange is not asked before `go_on`.

        So the first picture waits for the disk alone; where none comes, the engine goes on without it.
        """
        interpreter.tune()
        self._thread.start()

    def start(self) -> None:
        """Start the thread, where nobody has begun it, and wait until the database is open.

        Raises:
            StorageError: the database cannot be used.
        """
        if self._thread.ident is None:
            self.go_on()
            self.begin()
        self._ready.result()

    def go_on(self, shown: Period | None = None) -> None:
        """The newest stored bars were shown, those of this period: what is stored before them comes first."""
        with suppress(InvalidStateError):  # asked twice, or too late
            self._may_go.set_result(shown)

    @property
    def can_begin_again(self) -> bool:
        """Whether what is run can be run from the beginning again, as a recording whose bars nobody keeps."""
        return self._plan.again is not None

    def begin_again(self, until_ms: int) -> None:
        """Run the plan from its beginning again; what happens before `until_ms` is no news, see `FeedUpdate.anew_until_ms`."""
        if self._has_opened:
            self._tell(self._begin_again, until_ms)

    def _begin_again(self, until_ms: int) -> None:
        self._again_ms = until_ms
        if self._is_asked_again is not None:
            self._is_asked_again.set()

    @property
    def error(self) -> BaseException | None:
        """Why the engine ended by itself, None while it runs or where it ended as it should."""
        return self._ended.exception() if self._ended.done() else None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.done()

    def take_changes(self) -> FeedUpdate | None:
        """See `Feed.take_changes`."""
        return self._latest.take()

    def status(self) -> Status:
        """See `Feed.status`."""
        return self._latest.status

    async def history(self, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        """See `Feed.history`."""
        return await self._ask(lambda host: questions.history(host, symbol, period, before_ms, count))

    async def fetch_older(self, symbol: str, period: Period, before_ms: int) -> OlderBars:
        """See `Feed.fetch_older`."""
        return await self._ask(lambda host: questions.fetch_older(host, symbol, period, before_ms))

    async def columns(
        self,
        symbols: Sequence[str],
        period: Period,
        from_ms: int,
        fields: Collection[str] = COLUMN_FIELDS,
        *,
        to_ms: int | None = None,
    ) -> Mapping[str, BarColumns]:
        """See `Feed.columns`."""
        if self._plan.database is None:
            return {}
        await self._ask(EngineHost.flush_ended)
        return await questions.ask_aside(
            self._plan.database,
            self._plan.markets,
            lambda store: questions.columns(store, symbols, period, from_ms, to_ms, fields),
        )

    async def derivatives(self, symbol: str, edges_ms: Sequence[int]) -> tuple[DerivativeMinute, ...]:
        """See `Feed.derivatives`."""
        now = await self._ask(lambda host: questions.derivatives_now(host, symbol))
        if self._plan.database is None:
            return tuple(now)
        stored = await questions.ask_aside(
            self._plan.database, self._plan.markets, lambda store: store.derivatives_at(symbol, edges_ms)
        )
        return (*stored, *now)

    def tape(self, symbol: str) -> tuple[AggTrade, ...]:
        """See `Feed.tape`."""
        return self._ready.result().tape_of(symbol) if self._is_ready else ()

    def follow(self, symbol: str | None) -> None:
        """See `Feed.follow`."""
        self._followed = symbol
        if self._is_ready:
            self._tell(self._ready.result().follow, symbol)

    def look_at(self, symbols: Sequence[str], period: Period, opened: str | None = None) -> None:
        """See `Feed.look_at`."""
        look = self._look = Look(tuple(symbols), period, opened)
        if self._is_ready:
            self._tell(self._ready.result().look_at, look)

    async def estimate(self, selection: Selection, form: Format) -> Estimate:
        """See `Feed.estimate`."""
        from klagg_tui.exporting.exporter import estimate

        return await questions.ask_aside(
            self._database(), self._plan.markets, lambda store: estimate(store, selection, form)
        )

    async def export(
        self,
        selection: Selection,
        target: Path,
        form: Format,
        *,
        is_split: bool,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Exported:
        """See `Feed.export`."""
        from klagg_tui.exporting.exporter import export

        def work(store: Store) -> Awaitable[Exported]:
            return export(
                store, selection, target, form, is_split=is_split, on_progress=on_progress, should_stop=should_stop
            )

        return await questions.ask_aside(self._database(), self._plan.markets, work)

    async def stop(self) -> None:
        """See `Feed.stop`."""
        self.cancel()
        await asyncio.shield(asyncio.wrap_future(self._ended))

    def cancel(self) -> None:
        """Begin to stop; `wait` returns when the last changes are on disk. Asked again, it does not disturb their writing."""
        if self._stopping:
            return
        self._stopping = True
        if self._started.done() and not self._ended.done():
            loop, task = self._started.result()
            with suppress(RuntimeError):  # the loop has just closed by itself
                loop.call_soon_threadsafe(task.cancel)

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the end of the thread; raises what ended it, `TimeoutError` where it goes on."""
        self._ended.result(timeout_s)

    @property
    def _is_ready(self) -> bool:
        return self._ready.done() and self._ready.exception() is None

    def _database(self) -> Path:
        if self._plan.database is None:
            raise StorageError("Nothing is kept in this run, so there is nothing to export; see --db.")
        return self._plan.database

    @property
    def _is_ending(self) -> bool:
        """Whether whoever asks now would find a database, or a loop, that is being closed."""
        return self._stopping or self._is_over or self._ended.done()

    async def _ask(self, question: Callable[[EngineHost], Awaitable[T]]) -> T:
        if not self._has_opened or self._is_ending:
            raise KlaggError(_STOPPED)

        async def answer() -> T:
            task = asyncio.current_task()
            assert task is not None, "it runs as one"
            host = await asyncio.wrap_future(self._ready)  # where all begins again, it is there in a moment
            self._asked.add(task)
            try:
                return await question(host)
            finally:
                self._asked.discard(task)

        answered = answer()
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answered, self._started.result().loop))
        except RuntimeError as error:
            answered.close()  # where the loop is closed, nobody has begun it
            if self._is_ending:  # the database, or the loop, was closed meanwhile
                raise KlaggError(_STOPPED) from error
            raise

    def _tell(self, what: Callable[[T], object], argument: T) -> None:
        """Have it done on the engine's loop, as long as there is one."""
        if self._started.done():
            with suppress(RuntimeError):  # it has just closed
                self._started.result().loop.call_soon_threadsafe(what, argument)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=GulpLoop) as runner:
                runner.run(self._work())
        except asyncio.CancelledError:
            if not self._ready.done():
                self._ready.set_exception(KlaggError("klagg was stopped before it had started."))
            self._ended.set_result(None)
        except BaseException as error:  # the outer edge of the thread: whoever waits is given it
            log.error("the engine ended", exc_info=error)
            if not self._ready.done():
                self._ready.set_exception(error)
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._serve())
        self._started.set_result(_Started(loop, task))
        await task

    async def _serve(self) -> None:
        until_ms = 0
        while True:
            async with opened(self._plan, self._latest) as run:
                run.host.follow(self._followed)
                run.host.look_at(self._look)
                if until_ms:  # in the place of what was not taken yet of the run before
                    self._latest.put(FeedUpdate(anew_until_ms=until_ms))
                self._ready.set_result(run.host)
                self._has_opened = True
                with suppress(TimeoutError):
                    shown = await asyncio.wait_for(asyncio.wrap_future(self._may_go), HELD_S)
                    run.host.stale_closes.sort(key=lambda period: period is not shown)
                if self._stopping:  # asked to stop before there was anything to cancel
                    return
                try:
                    await self._run_until_asked(run)
                finally:
                    self._is_over = not self._again_ms
            until_ms, self._again_ms = self._again_ms, 0
            if self._plan.again is None or not until_ms:
                return
            self._plan = self._plan.again(until_ms)

    async def _run_until_asked(self, run: EngineRun) -> None:
        """Run until all is to begin again; questions that came are answered by then."""
        again = self._is_asked_again = asyncio.Event()
        if self._again_ms:  # since the run before was asked
            again.set()
        running, asked = asyncio.ensure_future(run.run()), asyncio.ensure_future(again.wait())
        try:
            await asyncio.wait((running, asked), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if again.is_set():
                self._ready = Future()
            asked.cancel()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        await asyncio.gather(*self._asked, return_exceptions=True)
