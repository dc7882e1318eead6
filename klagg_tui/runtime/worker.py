"""The engine worker: a thread with an event loop of its own, and the face it shows to everybody else.

Own thread and a switch interval of 1 ms keep the engine's delay small while the screen draws: see docs/design.md.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import psutil

from klagg_tui import logs
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import KlaggError, StorageError
from klagg_tui.exporting.exporter import Estimate, Exported, OnProgress, ShouldStop, estimate, export
from klagg_tui.exporting.files import Format
from klagg_tui.exporting.selection import Selection
from klagg_tui.feed import FeedUpdate, Mode, Status
from klagg_tui.runtime.host import SCREEN_S, EngineHost
from klagg_tui.runtime.source import Source
from klagg_tui.runtime.startup import stored_bars, stored_closes
from klagg_tui.storage.store import Store

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S: Final = 0.001
GC_THRESHOLDS: Final = (1_000, 10, 1_000_000)
"""No full collection by itself: with the bars of 500 symbols it stops every thread for 40 to 80 ms, and new bars bring one
on every five seconds (20,000 trades a second: p99 from sending to bar 83 ms with them, 44 without). What of us forms
cycles, tasks and widgets, is few, and is collected now and then."""
COLLECT_S: Final = 600.0
_STATUS_EVERY: Final = 5
"""Screen beats between two looks at memory and processor."""

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What to run: kept apart from how, so that terminal, recorder and tests start the same thing."""

    source: Callable[[], Source]
    """Makes the source, on the engine's loop."""
    periods: tuple[Period, ...] = DEFAULT_PERIODS
    database: Path | None = None
    """None: keep nothing."""
    market: str = "binance-um"
    """What the database must hold; bars of different markets never mix."""
    flush_s: float = 2.0


class Runtime:
    """Runs a plan in a thread. It is the `Feed` of the screens; every method may be called from another thread."""

    def __init__(self, plan: Plan) -> None:
        self.periods = tuple(sorted(set(plan.periods)))
        self._plan = plan
        self._changes: FeedUpdate | None = None
        self._lock = threading.Lock()
        self._status = Status("", Mode.OFFLINE, 0, connection="starting")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._core: EngineHost | None = None
        self._main: asyncio.Task[None] | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="klagg-engine", daemon=True)
        self._ready: Future[None] = Future()
        self._ended: Future[None] = Future()

    def start(self) -> None:
        """Start the thread and wait until the database is open.

        Raises:
            StorageError: the database cannot be used.
        """
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.set_threshold(*GC_THRESHOLDS)
        self._thread.start()
        self._ready.result()

    @property
    def error(self) -> BaseException | None:
        """Why the worker ended by itself, None while it runs or where it ended as it should."""
        return self._ended.exception() if self._ended.done() else None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.done()

    def take_changes(self) -> FeedUpdate | None:
        """See `Feed.take_changes`."""
        with self._lock:
            changes, self._changes = self._changes, None
        return changes

    def status(self) -> Status:
        """See `Feed.status`."""
        return self._status

    async def history(self, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        """See `Feed.history`."""
        return await self._ask(lambda core: _history(core, symbol, period, before_ms, count))

    def tape(self, symbol: str) -> tuple[AggTrade, ...]:
        """See `Feed.tape`."""
        core = self._core
        return tuple(core.tape) if core and core.followed == symbol else ()

    def follow(self, symbol: str | None) -> None:
        """See `Feed.follow`."""
        if self._loop and self._core and not self._ended.done():
            self._loop.call_soon_threadsafe(self._core.follow, symbol)

    async def estimate(self, selection: Selection, form: Format) -> Estimate:
        """See `Feed.estimate`."""
        return await asyncio.to_thread(_aside, self._database(), lambda store: estimate(store, selection, form))

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
        """See `Feed.export`. Millions of bars take their time, so neither the engine's loop nor the screen's does it."""

        def work(store: Store) -> Awaitable[Exported]:
            return export(
                store, selection, target, form, is_split=is_split, on_progress=on_progress, should_stop=should_stop
            )

        return await asyncio.to_thread(_aside, self._database(), work)

    def _database(self) -> Path:
        if self._plan.database is None:
            raise StorageError("Nothing is kept in this run, so there is nothing to export; see --db.")
        return self._plan.database

    async def stop(self) -> None:
        """See `Feed.stop`."""
        self.cancel()
        await asyncio.shield(asyncio.wrap_future(self._ended))

    def cancel(self) -> None:
        """Begin to stop; `wait` tells when the last drain is on disk. Asked again, it does not disturb that drain."""
        if self._stopping:
            return
        self._stopping = True
        if self._loop and self._main and not self._ended.done():
            with suppress(RuntimeError):  # the loop has just closed by itself
                self._loop.call_soon_threadsafe(self._main.cancel)

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the end of the worker; raises what ended it, `TimeoutError` where it goes on."""
        self._ended.result(timeout_s)

    async def _ask(self, question: Callable[[EngineHost], Awaitable[T]]) -> T:
        loop, core = self._loop, self._core
        if loop is None or core is None or self._ended.done():
            raise KlaggError("The engine has stopped; start klagg again.")

        async def answer() -> T:
            return await question(core)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), loop))

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except asyncio.CancelledError:
            if not self._ready.done():
                self._ready.set_exception(KlaggError("klagg was stopped before it had started."))
            self._ended.set_result(None)
        except BaseException as error:  # the outer edge of the thread: whoever waits is told
            log.error("the engine ended", exc_info=error)
            if not self._ready.done():
                self._ready.set_exception(error)
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        plan = self._plan
        store = await Store.open(plan.database, periods=plan.periods, market=plan.market) if plan.database else None
        try:
            source = plan.source()
            engine = KlineEngine(plan.periods, holds_gaps=source.is_live)
            core = EngineHost(engine, self.periods, store, source.now_ms, plan.flush_s)
            if store:
                self._put(await stored_bars(store, self.periods))
            self._core = core
            self._tell(core, source)
            self._ready.set_result(None)
            await self._feed(core, source)
        finally:
            if store:
                await store.close()

    async def _feed(self, core: EngineHost, source: Source) -> None:
        """Run the source and the beats until the source ends; whatever happens, the last drain is written."""
        beats = [core.flush_forever(), self._show_forever(core, source), _collect_forever()]
        if source.is_live:
            beats.append(core.tick_forever())
        tasks = [asyncio.ensure_future(beat) for beat in beats]
        tasks.append(asyncio.ensure_future(self._run_source(core, source)))
        try:
            if self._stopping:
                return
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await core.flush()

    async def _run_source(self, core: EngineHost, source: Source) -> None:
        await source.run(core)
        await core.flush()

    async def _show_forever(self, core: EngineHost, source: Source) -> None:
        process = psutil.Process()
        beat = 0
        while True:
            if self._changes is None:
                self._put(await self._next_changes(core))
            if beat % _STATUS_EVERY == 0:
                core.figures["memory MB"] = process.memory_info().rss / 1e6
                core.figures["cpu %"] = process.cpu_percent()
            self._tell(core, source)
            beat += 1
            await asyncio.sleep(SCREEN_S)

    async def _next_changes(self, core: EngineHost) -> FeedUpdate:
        """Stored bars before new ones, so that each list of closes only ever grows at its end."""
        while core.store and core.stale_closes:
            if any(stored := await stored_closes(core.store, core.stale_closes.pop(0))):
                return stored
        return await core.changes()

    def _put(self, changes: FeedUpdate) -> None:
        if any(changes):
            with self._lock:
                self._changes = changes

    def _tell(self, core: EngineHost, source: Source) -> None:
        self._status = Status(
            market=source.market,
            mode=source.mode,
            exchange_now_ms=source.now_ms(),
            delay_ms=source.delay_ms,
            connection=source.connection,
            notices=tuple(core.notices.values()),
            counters=core.engine.counters,
            health=dict(core.figures),
            log_lines=logs.newest(),
            progress=source.progress,
        )


async def _collect_forever() -> None:
    """Let go of cycles, all threads standing still meanwhile."""
    while True:
        await asyncio.sleep(COLLECT_S)
        gc.collect()


def _aside(database: Path, question: Callable[[Store], Awaitable[T]]) -> T:
    """Ask the database in a thread and on a connection of its own."""

    async def ask() -> T:
        async with await Store.open(database, read_only=True) as store:
            return await question(store)

    return asyncio.run(ask())


async def _history(core: EngineHost, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
    if core.store is None:
        return ()
    if before_ms is None or before_ms >= core.now_ms() - 2 * period.nominal_ms:
        await core.flush()  # a bar that ended a moment ago is neither current nor on disk otherwise
    bars = core.store.bars(symbol, period, None, before_ms, newest_first=True, limit=count)
    return tuple([bar async for bar in bars])[::-1]
