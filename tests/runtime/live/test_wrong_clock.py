"""Whole runs beside an exchange that tells a wrong time: nothing is made of a time that has not come."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.engine.bar import State, empty_bar
from klagg_tui.engine.period import DAY_MS, DEFAULT_PERIODS, Period
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.market_run import MINUTE_MS, differences, plan, recorded, until

pytestmark = pytest.mark.xdist_group("live restarts")

SPEC = MarketSpec(symbols=4, seed=5, activity=0.5)
YEAR_9998_MS = 251_549_000_000_000
"""From the simulated market's begin to then."""


async def latest_open_ms(database: Path) -> int:
    async with await Store.open(database, read_only=True) as store:
        return max([bar.open_ms for bar in await store.latest([Period.M1], 1)], default=0)


@pytest.mark.parametrize("error_ms", [DAY_MS, 300 * DAY_MS, YEAR_9998_MS], ids=["day", "300 days", "year 9998"])
async def test_a_clock_answer_that_is_wrong_from_the_beginning_leaves_every_bar_right(
    tmp_path: Path, error_ms: int
) -> None:
    async with SimulatedExchange(SPEC, speed=60, faults=f"clock@0s+48h:{error_ms}") as exchange:
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        run = await recorded(exchange, tmp_path / "run.db", 1, history=5)
        found, told = await differences(exchange, tmp_path / "run.db", from_ms=from_ms, to_ms=run.to_ms)
        assert not told, "\n".join(told[:5])
        assert found["CONFIRMED"] == found["equal"] > 0
        assert await latest_open_ms(tmp_path / "run.db") <= exchange.now_ms()
        assert any("not believed" in notice for notice in run.status.notices)


async def test_trades_a_day_ahead_cost_no_other_trade_and_are_fetched_with_their_right_times(tmp_path: Path) -> None:
    async with SimulatedExchange(SPEC, speed=30, faults="future@20s+3m") as exchange:
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        run = await recorded(exchange, tmp_path / "run.db", 4, history=5)
        assert exchange.faults.counts["future"] > 5
        assert run.status.counters.rejected >= exchange.faults.counts["future"] / 2
        assert run.status.counters.too_late == 0
        found, told = await differences(exchange, tmp_path / "run.db", from_ms=from_ms, to_ms=run.to_ms)
        assert not told, "\n".join(told[:5])
        assert found["CONFIRMED"] == found["equal"] > 0
        assert await latest_open_ms(tmp_path / "run.db") <= exchange.now_ms()


async def test_a_restart_removes_bars_of_the_future_that_an_earlier_run_left(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with SimulatedExchange(SPEC, speed=60) as exchange:
        await recorded(exchange, database, 0, history=5)
        tomorrow_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS + DAY_MS
        async with await Store.open(database, periods=DEFAULT_PERIODS) as store:
            symbol = (await store.symbols())[0].symbol
            left = [empty_bar(symbol, Period.M1, tomorrow_ms + at * MINUTE_MS, 7, State.CLOSED) for at in range(99)]
            await store.add(left, [])
        assert await latest_open_ms(database) > tomorrow_ms
        runtime = Runtime(plan(exchange, database, history=5))
        runtime.start()
        await until(exchange, runtime, exchange.now_ms() + 2 * MINUTE_MS)
        await runtime.stop()
        assert await latest_open_ms(database) <= exchange.now_ms()
