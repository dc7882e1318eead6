"""klagg is off for days, on for a moment, off, and on again: nothing in between is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing
from tests.makers import DAY, HOUR, MINUTE
from tests.market_run import differences, is_stored, plan, recorded, until

pytestmark = pytest.mark.xdist_group("live restarts")

SPEED = 60
HISTORY = 300
"""Reaches back to before the first session however long a busy machine takes to begin it."""


async def session(exchange: SimulatedExchange, database: Path, minutes: float, before_ms: int | None = None) -> None:
    """klagg runs for so long, and until minutes of all symbols are stored of the time before, where one is given; and is quit."""
    runtime = Runtime(plan(exchange, database, HISTORY if before_ms is not None else 30))
    runtime.start()
    await until(exchange, runtime, exchange.now_ms() + int(minutes * MINUTE))
    while before_ms is not None and not await is_stored(exchange, database, before_ms - 20 * MINUTE, before_ms):
        await until(exchange, runtime, exchange.now_ms() + MINUTE)
    await runtime.stop()


@pytest.mark.parametrize(
    "behind_ms",
    [pytest.param(10 * MINUTE, id="minutes"), pytest.param(9 * HOUR, id="hours", marks=pytest.mark.soak)],
)
async def test_a_long_pause_and_a_short_session_behind_it_lose_nothing(tmp_path: Path, behind_ms: int) -> None:
    database = tmp_path / "run.db"
    async with SimulatedExchange(MarketSpec(symbols=4, seed=7, activity=2.0), speed=SPEED) as exchange:
        from_ms = exchange.now_ms() // MINUTE * MINUTE - 5 * MINUTE
        await session(exchange, database, 2, from_ms)
        exchange.jump(2 * DAY)  # more than one answer brings
        await session(exchange, database, 1 / 3)
        exchange.jump(behind_ms)
        _, to_ms, _ = await recorded(exchange, database, 1)
        found, told = await differences(exchange, database, from_ms=from_ms, to_ms=to_ms)
    assert not told, "\n".join(told[:5])
    assert found["missing"] == 0 < found["equal"]
    async with await Store.open(database, read_only=True) as store:
        assert await store.owed(to_ms) == []


async def test_a_symbol_that_left_while_klagg_was_off_has_its_last_minutes_whatever_came_between(
    tmp_path: Path,
) -> None:
    database = tmp_path / "run.db"
    async with SimulatedExchange(MarketSpec(symbols=6, seed=8, activity=2.0), speed=SPEED) as exchange:
        from_ms = exchange.now_ms() // MINUTE * MINUTE - 5 * MINUTE
        await session(exchange, database, 2, from_ms)
        left, left_ms = "XRPUSDT", exchange.now_ms() // MINUTE * MINUTE + 90 * MINUTE
        exchange.market.delist(left, left_ms // MINUTE)
        exchange.jump(3 * HOUR)
        await session(exchange, database, 1 / 20)
        exchange.jump(DAY + HOUR)
        _, to_ms, _ = await recorded(exchange, database, 4)
        found, told = await differences(exchange, database, from_ms=from_ms, to_ms=to_ms)
        gone = list(exchange.truth.bars(left, Period.M1, from_ms, to_ms))
    assert not told, "\n".join(told[:5])
    assert found["missing"] == 0 < found["equal"]
    assert gone[-1].end_ms == left_ms
    async with await Store.open(database, read_only=True) as store:
        assert {known.symbol: known.standing for known in await store.symbols()}[left] is Standing.GONE
