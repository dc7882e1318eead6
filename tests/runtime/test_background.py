"""Work beside a source: old bars go while it runs, and a failure of it costs the bars nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.feed import Mode
from klagg_tui.runtime.background import WithBackground, keeping
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import Live, MarketEndpoint
from klagg_tui.runtime.worker import Plan, Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL, bars

NOW = START + 30 * HOUR


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=DEFAULT_PERIODS) as opened:
        await opened.add_confirmed([*bars(30 * 60), *bars(30 * 60, symbol="ETHUSDT")])
        yield opened


async def stored(store: Store, period: Period, symbol: str = SYMBOL) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period)]


class Quiet:
    """A source in which nothing happens."""

    market = "quiet"
    is_live = True
    mode = Mode.DEMO
    connection = "connected"
    progress = None
    delay_ms = None

    def now_ms(self) -> int:
        return NOW

    async def run(self, core: EngineHost) -> None:
        return


async def test_a_running_klagg_lets_old_bars_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klagg_tui.runtime.background.STEP_S", 0)
    core = EngineHost(KlineEngine(DEFAULT_PERIODS, holds_gaps=True), DEFAULT_PERIODS, store, lambda: NOW)
    source = WithBackground(Quiet(), keeping({Period.M1: 6 * HOUR}))
    assert source.connection == "connected"
    running = asyncio.create_task(source.run(core))
    async with asyncio.timeout(30):
        while core.figures.get("rows deleted") != 2 * 24 * 60:  # noqa: ASYNC110 - figures are looked at, they tell nobody
            await asyncio.sleep(0.01)
    running.cancel()
    assert len(await stored(store, Period.M1)) == 6 * 60


async def test_history_goes_no_further_back_than_bars_are_kept(tmp_path: Path) -> None:
    async with SimulatedExchange(MarketSpec(symbols=3, seed=11), speed=1) as exchange:
        where = MarketEndpoint(
            exchange.rest_url, exchange.ws_url, history=60, keep={Period.M5: 30 * MINUTE, Period.D1: 3 * DAY}
        )
        now_ms = exchange.now_ms()
        runtime = Runtime(Plan(lambda: Live(where), DEFAULT_PERIODS, tmp_path / "run.db", "simulated"))
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


async def test_a_beat_that_fails_is_told_and_the_bars_go_on(store: Store) -> None:
    async def fails(core: EngineHost) -> None:
        raise ZeroDivisionError("oh")

    core = EngineHost(KlineEngine(DEFAULT_PERIODS, holds_gaps=True), DEFAULT_PERIODS, store, lambda: NOW)
    await WithBackground(Quiet(), fails).run(core)
    assert core.notices == {"beside": "Work beside the market ended (oh); bars go on."}
