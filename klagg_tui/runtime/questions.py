"""What other threads ask of a run: history from the engine's loop, columns and exports on a connection of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import Period
from klagg_tui.runtime.host import EngineHost
from klagg_tui.storage.reader import StoreReader
from klagg_tui.storage.store import Store

T = TypeVar("T")


async def history(host: EngineHost, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
    """See `Feed.history`; on the engine's loop.

    What is not on disk yet comes from memory: to write the whole market first would take longer than to read one symbol.
    """
    if host.store is None:
        return ()
    waiting = host.unwritten(symbol, period)  # before the disk is read: what is written meanwhile is in both
    return await bars_before(host.store, waiting, symbol, period, before_ms, count)


async def bars_before(
    store: StoreReader, waiting: Mapping[int, Bar], symbol: str, period: Period, before_ms: int | None, count: int
) -> tuple[Bar, ...]:
    """What is stored and what waits to be, by open time, as `history` has it."""
    stored = store.bars(symbol, period, None, before_ms, newest_first=True, limit=count)
    found = {bar.open_ms: bar async for bar in stored}
    for open_ms, bar in waiting.items():
        known = found.get(open_ms)
        if (before_ms is None or open_ms < before_ms) and (known is None or known.state <= bar.state):
            found[open_ms] = bar
    return tuple(sorted(found.values(), key=lambda bar: bar.open_ms))[-count:]


async def fetch_older(host: EngineHost, symbol: str, period: Period, before_ms: int) -> OlderBars:
    """See `Feed.fetch_older`; on the engine's loop."""
    fetch = host.market_of(symbol).fetch_older
    return OlderBars(Edge.UNREACHABLE) if fetch is None else await fetch(symbol, period, before_ms)


async def columns(
    store: Store, symbols: Sequence[str], period: Period, from_ms: int, to_ms: int | None, fields: Collection[str]
) -> dict[str, BarColumns]:
    """See `Feed.columns`; the host has written by then what ended."""
    read = {symbol: await store.columns(symbol, period, from_ms, to_ms, fields) for symbol in symbols}
    return {symbol: found for symbol, found in read.items() if found}


async def derivatives_now(host: EngineHost, symbol: str) -> list[DerivativeMinute]:
    """What is told of a contract and is on no disk yet; on the engine's loop, which writes what has ended."""
    await host.flush()
    return [minute for market in host.markets for minute in market.derivatives.under_way(symbol)]


async def ask_aside(database: Path, markets: Sequence[str], question: Callable[[Store], Awaitable[T]]) -> T:
    """Ask the database in a thread and on a connection of its own: millions of bars must hold up no loop.

    It is called off when nobody waits for the answer any more.

    `markets`: those of the run, so that symbols are called here as they are there.
    """
    asked: Future[_Asked] = Future()

    async def ask() -> T:
        task = asyncio.current_task()
        assert task is not None, "it runs as one"
        asked.set_result(_Asked(asyncio.get_running_loop(), task))
        async with await Store.open(database, read_only=True, markets=markets) as store:
            return await question(store)

    try:
        return await asyncio.to_thread(lambda: asyncio.run(ask()))
    except asyncio.CancelledError:
        asked.add_done_callback(_call_off)
        raise


class _Asked(NamedTuple):
    """What calls a question off that is being answered in another thread."""

    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[Any]


def _call_off(asked: Future[_Asked]) -> None:
    """An export of hours would keep the program from its end, which waits for all threads."""
    loop, task = asked.result()
    with suppress(RuntimeError):  # it has just been answered
        loop.call_soon_threadsafe(task.cancel)
