"""One run of a plan, on the engine's loop: the source, the loops beside it, and what is shown of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final, cast

import psutil

from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import Period, chain
from klagg_tui.errors import OtherMarket, StorageError
from klagg_tui.feed import FeedUpdate
from klagg_tui.metrics import Metric
from klagg_tui.runtime.background import run_guarded
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.interpreter import collect_forever
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.several import MarketSource, SeveralMarkets
from klagg_tui.runtime.source import Plan, Source
from klagg_tui.runtime.startup import CLOSES, note_watched, stored_bars, stored_closes, stored_instruments
from klagg_tui.runtime.telling import told_status
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
        source = await _named(plan.source(), plan.market, store)
        engine = KlineEngine(plan.periods, holds_gaps=source.is_live)
        periods = tuple(sorted(set(plan.periods)))
        host = EngineHost(engine, periods, store, source.now_ms, plan.flush_s)
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


async def _named(source: Source, mark: str, store: Store | None) -> Source:
    """The source; of one exchange, with its key before its symbols where the file holds bars of others too."""
    if store is None or not store.is_qualified or isinstance(source, SeveralMarkets):
        return source
    if not source.is_live:
        held = ", ".join(await store.markets())
        raise OtherMarket(f"{store.path} holds the bars of {held}, not of {mark} alone; name another file with --db.")
    return SeveralMarkets({label_of(mark): cast("MarketSource", source)})  # what is live feeds one exchange's side


class EngineRun:
    """A plan whose database is open."""

    def __init__(self, plan: Plan, source: Source, host: EngineHost, latest: Latest) -> None:
        self.host = host
        self._background = plan.background
        self._source = source
        self._latest = latest
        host.takes_more = lambda: latest.is_taken
        self._process = psutil.Process()
        self._is_turn_of_stored = True
        self._stale_series: dict[Period, set[str]] = {}
        """Symbols of which stored closes of a period became others since they were shown; the longest waiting period first."""
        self._shown_last: Period | None = None
        """Of which closes were shown for that reason."""

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
            self._latest.put(await self._next_update())
        except StorageError as error:
            self.host.notices["shown"] = f"{error} Stored bars are shown once it can be read."
        else:
            self.host.notices.pop("shown", None)

    async def _next_update(self) -> FeedUpdate:
        """Stored bars before new ones, then both in turns: what is fetched for minutes must not keep trades off the screen."""
        host = self.host
        while self._is_turn_of_stored and host.store and (host.stale_closes or self._stale_series):
            stored = await self._stored_closes(host.store)
            if any(stored):
                self._is_turn_of_stored = False
                return stored
        self._is_turn_of_stored = True
        update = await host.update()
        self._note_stale(update.stored)
        return update

    async def _stored_closes(self, store: Store) -> FeedUpdate:
        """Those of all symbols first, then of those whose history changed; shown, they are due no more."""
        host = self.host
        await host.flush_ended()  # no bar is shown as it was before the engine changed it
        if host.stale_closes:
            stored = await stored_closes(store, host.stale_closes[0], host.instruments)
            del host.stale_closes[0]
        else:
            period = self._shown_last = self._stale_period()
            stored = await stored_closes(store, period, host.instruments, self._stale_series[period])
            del self._stale_series[period]
        return stored

    def _stale_period(self) -> Period:
        """The one on the screen, in turns with the one that waits longest: at a start every beat brings minutes of some symbols."""
        shown = self.host.look.period
        if shown in self._stale_series and shown is not self._shown_last:
            return shown
        return next(iter(self._stale_series))

    def _note_stale(self, changed: Iterable[StoredStretch]) -> None:
        """Closes that are shown became others in the store."""
        now_ms, following = self.host.now_ms(), set(self.host.engine.symbols())
        for symbol, period, _, to_ms in changed:
            if symbol in following and to_ms > now_ms - (CLOSES + 1) * period.nominal_ms:
                self._stale_series.setdefault(period, set()).add(symbol)

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
