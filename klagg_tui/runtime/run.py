"""One run of a plan, on the engine's loop: the source, the loops beside it, and what is shown of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final, cast

import psutil

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import Period, chain
from klagg_tui.errors import OtherMarket, StorageError
from klagg_tui.feed import FeedUpdate
from klagg_tui.metrics import Metric
from klagg_tui.runtime.background import run_guarded
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.interpreter import collect_forever
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.several import MarketSource, SeveralMarkets
from klagg_tui.runtime.source import Plan, Source
from klagg_tui.runtime.startup import note_watched, stored_bars, stored_closes, stored_instruments
from klagg_tui.runtime.telling import told_status
from klagg_tui.runtime.turns import Turns
from klagg_tui.storage.store import Store
from klagg_tui.storage.venues import label_of

SCREEN_S: Final = 0.1
_MEASURE_EVERY: Final = 5
"""Looks at what changed between two at memory and processor."""


@asynccontextmanager
async def opened(plan: Plan, latest: Latest) -> AsyncIterator[EngineRun]:
    """Open the database and show what it holds; the database is closed behind the block.

    Raises:
        KlaggError: the database cannot be used, or the source cannot be made.
    """
    async with AsyncExitStack() as stack:
        store = None
        if plan.database:
            store = await Store.open(
                plan.database, periods=plan.periods, markets=plan.markets, previous_close=plan.previous_close
            )
            await stack.enter_async_context(store)
        source = await _named(plan.source(), plan, store)
        engine = KlineEngine(plan.periods, holds_gaps=source.is_live)
        periods = tuple(sorted(set(plan.periods)))
        host = EngineHost(engine, periods, store, source.now_ms, plan.flush_s)
        host.status = lambda: latest.status
        if isinstance(source, SeveralMarkets):
            for key, one in source.sources.items():
                host.venue(key, one.now_ms)
        if store:
            host.instruments.update(await stored_instruments(store))
            latest.put(await stored_bars(store, chain(periods), host.instruments))
            if source.is_live:
                with suppress(StorageError):  # a full disk is told when bars are written
                    await note_watched(store, [label_of(mark) for mark in plan.markets])
        run = EngineRun(plan, source, host, latest)
        run.show_status()
        yield run


async def _named(source: Source, plan: Plan, store: Store | None) -> Source:
    """The source; of one exchange, with its key before its symbols where the file holds bars of others too."""
    mark = plan.market
    if store is None or not store.is_qualified or plan.others:
        return source
    if not source.is_live:
        held = ", ".join(await store.markets())
        raise OtherMarket(f"{store.path} holds the bars of {held}, not of {mark} alone; name another file with --db.")
    return SeveralMarkets({label_of(mark): cast("MarketSource", source)})  # what is live feeds one exchange's side


class OwnScreen:
    """The engine's own screen, as `Turns` has it."""

    def __init__(self, host: EngineHost) -> None:
        self._host = host
        self.stale_closes = host.stale_closes

    @property
    def look(self) -> Look:
        """What it shows."""
        return self._host.look

    @property
    def followed(self) -> tuple[str, ...]:
        """The symbols of which new bars come."""
        return self._host.followed

    def exchange_ms(self) -> int:
        """The run's clock."""
        return self._host.now_ms()

    async def update(self) -> FeedUpdate:
        """What changed in the engine."""
        return await self._host.update()

    async def closes(self, period: Period, symbols: Collection[str] | None) -> FeedUpdate:
        """From the database, once it holds what has ended."""
        host = self._host
        if host.store is None:
            return FeedUpdate()
        await host.flush_ended()  # no bar is shown as it was before the engine changed it
        return await stored_closes(host.store, period, host.instruments, symbols)


class EngineRun:
    """A plan whose database is open."""

    def __init__(self, plan: Plan, source: Source, host: EngineHost, latest: Latest) -> None:
        self.host = host
        self._background = plan.background
        self._source = source
        self._latest = latest
        host.takes_more = lambda: latest.is_taken
        self._process = psutil.Process()
        self.turns = Turns(OwnScreen(host))

    async def run(self) -> None:
        """Go on until cancelled, also behind the source's end; whatever happens, the last changes are written.

        Raises:
            StorageError: they could not be.
        """
        if self._latest.is_taken:  # somebody looks: what is stored comes before the exchange is asked
            await self._show()
        tasks = [asyncio.ensure_future(work) for work in self._work()]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.host.flush_last()

    def _work(self) -> list[Coroutine[Any, Any, None]]:
        work = [self.host.flush_forever(), self._show_forever(), collect_forever(), self._run_source()]
        if self._source.is_live:
            work.append(self.host.tick_forever())
        return [*work, *(run_guarded(task, self.host) for task in self._background)]

    async def _run_source(self) -> None:
        await self._source.run(self.host)
        await self.host.flush()

    async def _show_forever(self) -> None:
        looks = 0
        while True:
            if self._latest.is_taken:
                await self._show()
            if looks % _MEASURE_EVERY == 0:
                self._measure_process()
            self.show_status()
            looks += 1
            await asyncio.sleep(SCREEN_S)

    async def _show(self) -> None:
        try:
            self._latest.put(await self.turns.next())
        except StorageError as error:
            self.host.notices["shown"] = f"{error} Stored bars are shown once it can be read."
        else:
            self.host.notices.pop("shown", None)

    def _measure_process(self) -> None:
        """Measure memory and processor; that needs a file descriptor, and running out of those must end nothing."""
        try:
            self.host.metrics.set(Metric.MEMORY, self._process.memory_info().rss / 1e6)
            self.host.metrics.set(Metric.PROCESSOR, self._process.cpu_percent())
        except (OSError, psutil.Error) as error:
            reason = getattr(error, "strerror", None) or error
            self.host.notices["process"] = (
                f"klagg cannot look at its own memory and processor ({reason}): what needs a new file or connection waits "
                "until some are free; see ulimit -n."
            )
        else:
            self.host.notices.pop("process", None)

    def show_status(self) -> None:
        """Say how things stand now."""
        self._latest.status = told_status(self._source, self.host)
