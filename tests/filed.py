"""Trades into a store, the way files of them go: an engine of its own for each file, drained bit by bit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.engine.spans import Span
from klagg_tui.storage.store import Store
from tests.makers import SYMBOL, engine

T = TypeVar("T")


async def file_in(store: Store, trades: Sequence[AggTrade], batch: int = 1_000_000, symbol: str = SYMBOL) -> None:
    """One file of one symbol, committed every `batch` trades."""
    filed = engine(symbol=symbol)
    reader = filed.reader()
    importing = store.importing()
    for start in range(0, len(trades), batch):
        for trade in trades[start : start + batch]:
            filed.handle(trade)
        drained = filed.drain(reader)
        await importing.add([*drained.ended, *(bar for bar in drained.current if bar.is_traded)], drained.spans)


async def all_of(store: Store, symbol: str = SYMBOL) -> tuple[list[Bar], tuple[Span, ...]]:
    """Every stored bar and span of a symbol."""
    bars = [bar for period in Period for bar in await listed(store, period, symbol)]
    return bars, await store.spans(symbol)


async def listed(store: Store, period: Period = Period.M1, symbol: str = SYMBOL) -> list[Bar]:
    """The bars of one period, oldest first."""
    return [bar async for bar in store.bars(symbol, period)]


def in_new_store(test: Callable[[Store], Awaitable[T]], periods: Sequence[Period] = DEFAULT_PERIODS) -> T:
    """Run a coroutine with an empty store, for tests that hypothesis repeats."""

    async def run() -> T:
        with TemporaryDirectory() as folder:
            async with await Store.open(Path(folder) / "klagg.db", periods=periods) as store:
                return await test(store)

    return asyncio.run(run())
