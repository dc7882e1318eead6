"""A recorder on a simulated market and windows on it, in one process but over a real socket: what they show is what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from klagg_tui.attach.link import LocalDoor
from klagg_tui.attach.serving import with_windows
from klagg_tui.attach.window import Window
from klagg_tui.engine.bar import Bar
from klagg_tui.feed import Feed
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.view.model import Market
from tests.market_run import plan, simulated


class Seen:
    """What somebody sees of a feed."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.market = Market()

    def beat(self) -> None:
        if update := self.feed.take_changes():
            if update.anew_until_ms:
                self.market = Market()
            self.market.apply(update)

    @property
    def rows(self) -> dict[str, list[Bar | None]]:
        return {symbol: list(row.bars) for symbol, row in self.market.rows.items()}


@asynccontextmanager
async def recording(exchange: SimulatedExchange, database: Path) -> AsyncIterator[Runtime]:
    runtime = Runtime(with_windows(plan(exchange, database)))
    runtime.start()
    try:
        yield runtime
    finally:
        await runtime.stop()


@asynccontextmanager
async def window_on(database: Path) -> AsyncIterator[Window]:
    window = Window(LocalDoor(database), database)
    await asyncio.to_thread(window.start)
    try:
        yield window
    finally:
        await window.stop()


async def test_windows_show_the_rows_of_the_recorder(tmp_path: Path) -> None:
    async with (
        simulated(["binance-um"], symbols=12, seed=5, activity=60, speed=20, faults="none") as (exchange,),
        recording(exchange, tmp_path / "run.db") as runtime,
    ):
        own = Seen(runtime)
        async with window_on(tmp_path / "run.db") as first, window_on(tmp_path / "run.db") as second:
            seen = [own, Seen(first), Seen(second)]
            for _ in range(100):
                for one in seen:
                    one.beat()
                await asyncio.sleep(0.05)
            for _ in range(60):
                for one in seen:
                    one.beat()
                await asyncio.sleep(0.05)
            print({k: len(v) for k, v in own.rows.items()})
            same = [sum(one.rows.get(s) == r for s, r in own.rows.items()) for one in seen]
            print(same, len(own.rows), [len(one.rows) for one in seen])
            print(first.status().attached, first.status().connection, first.status().notices)
