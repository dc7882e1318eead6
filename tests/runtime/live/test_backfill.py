"""History: how far back it goes, and where it stops."""

from __future__ import annotations

import asyncio
from pathlib import Path

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.exchange.registry import venue
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.makers import DAY, HOUR, MINUTE


async def stored(store: Store, period: Period, symbol: str) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period)]


async def test_history_goes_no_further_back_than_bars_are_kept(tmp_path: Path) -> None:
    async with SimulatedExchange(MarketSpec(symbols=3, seed=11), speed=1) as exchange:
        where = MarketEndpoint(
            venue(), exchange.rest_url, exchange.ws_url, history=60, keep={Period.M5: 30 * MINUTE, Period.D1: 3 * DAY}
        )
        now_ms = exchange.now_ms()
        runtime = Runtime(Plan(lambda: LiveFeed(where), DEFAULT_PERIODS, tmp_path / "run.db", "simulated"))
        runtime.start()
        while runtime.status().connection != "connected" or runtime.status().progress:
            runtime.take_changes()
            await asyncio.sleep(0.05)
        await runtime.stop()
    async with await Store.open(tmp_path / "run.db", read_only=True) as store:
        # What longer bars are made of is there, and shorter ones are rolled up: without the limits it were 5 h and 60 days.
        assert (await stored(store, Period.M5, "BTCUSDT"))[0].open_ms >= now_ms - 3 * HOUR
        assert (await stored(store, Period.D1, "BTCUSDT"))[0].open_ms >= now_ms - 12 * DAY
        assert len(await stored(store, Period.M30, "BTCUSDT")) > 60
