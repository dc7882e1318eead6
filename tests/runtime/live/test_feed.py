"""klagg against the simulated exchange: whatever goes wrong, the bars end equal to the exchange's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import Mode
from klagg_tui.metrics import Metric
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.market_run import MINUTE_MS, PATIENCE_MINUTES, differences, plan, recorded, settled, until
from tests.patience import WAIT_S

pytestmark = pytest.mark.xdist_group("live markets")

SPEC = MarketSpec(symbols=20, seed=11, activity=5.0)


@asynccontextmanager
async def exchange_at(speed: float, faults: str = "none", spec: MarketSpec = SPEC) -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(spec, speed=speed, faults=faults) as exchange:
        yield exchange


async def test_every_bar_ends_equal_to_the_exchanges_whatever_goes_wrong(tmp_path: Path) -> None:
    async with exchange_at(60, "all/1m") as exchange:
        # The minute under way at the start was not heard from its beginning on, but its bar is the exchange's all the same.
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        status, to_ms, _ = await recorded(exchange, tmp_path / "run.db", 12)
        found, told = await differences(exchange, tmp_path / "run.db", from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:5])
        assert found["equal"] > 200
        assert found["CONFIRMED"] == found["equal"]
        counters, struck = status.counters, exchange.faults.counts
        assert counters.gaps > 0
        assert counters.gaps_filled + counters.gaps_abandoned == counters.gaps
        assert status.metrics[Metric.BAD_FRAMES] > 0
        assert counters.rejected > 0
        # What was sent into a connection that was cut at that moment never came.
        assert status.metrics[Metric.BAD_FRAMES] + counters.rejected <= struck["malform"]
        # Nor, on a busy machine, did many a copy: whether each that comes is counted is the next test's question.
        assert struck["double"] > 0
        assert status.metrics[Metric.RECONNECTS] > 0


async def test_every_copy_of_a_trade_is_counted(tmp_path: Path) -> None:
    async with exchange_at(60, "double@1m+60m") as exchange:
        runtime = Runtime(plan(exchange, tmp_path / "run.db"))
        runtime.start()
        last_ms = exchange.now_ms() + PATIENCE_MINUTES * MINUTE_MS
        while not exchange.faults.counts["double"] and exchange.now_ms() < last_ms:
            await until(exchange, runtime, exchange.now_ms() + MINUTE_MS)
        struck = exchange.faults.counts["double"]
        # No connection breaks in this run, so each copy that was sent arrives.
        while runtime.status().counters.duplicates < struck and exchange.now_ms() < last_ms:
            await until(exchange, runtime, exchange.now_ms() + 1)
        assert runtime.status().counters.duplicates >= struck > 0
        await runtime.stop()


async def test_a_second_run_on_the_same_file_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    async with exchange_at(60) as exchange:
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        for _ in range(2):
            runtime = Runtime(plan(exchange, tmp_path / "run.db"))
            runtime.start()
            await until(exchange, runtime, exchange.now_ms() + 4 * MINUTE_MS)
            await runtime.stop()
            await asyncio.sleep(2)  # two minutes of the exchange that nobody records
        _, to_ms, _ = await recorded(exchange, tmp_path / "run.db", 1)
        found, told = await differences(exchange, tmp_path / "run.db", from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:5])
        assert found["CONFIRMED"] == found["equal"] > 200


async def test_without_the_exchange_stored_bars_are_shown_with_the_reason_and_it_goes_live_once_it_is_there(
    tmp_path: Path,
) -> None:
    database = tmp_path / "run.db"
    async with exchange_at(60) as exchange:
        await recorded(exchange, database, 0)
        port = int(exchange.rest_url.rsplit(":", 1)[1])
        where = MarketEndpoint(
            venue(), exchange.rest_url, exchange.ws_url, history=5, mode=Mode.LIVE, start_ms=exchange.now_ms()
        )
    runtime = Runtime(Plan(lambda: LiveFeed(where), (Period.M1, Period.M5), database, "simulated"))
    assert runtime.status().mode is Mode.CONNECTING
    runtime.start()
    first = runtime.take_changes()
    assert first is not None
    assert {bar.symbol for bar in first.changes.current} >= {"BTCUSDT"}
    async with asyncio.timeout(WAIT_S):
        while not runtime.status().notices:  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0.05)
    assert runtime.status().mode is Mode.OFFLINE
    assert (
        runtime.status().notices[0].endswith("(nobody answers there). klagg keeps trying; what is to be fetched waits.")
    )
    async with SimulatedExchange(SPEC, speed=60, port=port):
        while runtime.status().counters.trades < 50:
            runtime.take_changes()
            await asyncio.sleep(0.05)
        assert runtime.status().mode is Mode.LIVE
        assert not runtime.status().notices
        await runtime.stop()


async def test_listings_join_and_delistings_leave_while_running(tmp_path: Path) -> None:
    async with exchange_at(60, "list@3m,delist@4m:ETHUSDT") as exchange:
        runtime = Runtime(plan(exchange, tmp_path / "run.db", history=0))
        runtime.start()
        added: set[str] = set()
        removed: set[str] = set()
        while not removed or len(added) < SPEC.symbols + 1:
            changes = runtime.take_changes()
            if changes:
                added |= set(changes.symbols_added)
                removed |= set(changes.symbols_removed)
            await asyncio.sleep(0.05)
        await runtime.stop()
        assert removed == {"ETHUSDT"}
    async with await Store.open(tmp_path / "run.db", read_only=True) as store:
        assert len([known for known in await store.symbols() if known.symbol in added]) == len(added)


@pytest.mark.soak
async def test_another_contract_under_a_name_that_left_is_kept_apart_from_the_one_before(tmp_path: Path) -> None:
    async with exchange_at(60, "delist@2m:ETHUSDT,relist@8m:ETHUSDT") as exchange:
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        status, to_ms, _ = await recorded(exchange, tmp_path / "run.db", 18)
        _, told = await differences(exchange, tmp_path / "run.db", from_ms=from_ms, to_ms=to_ms)
    assert not told, "\n".join(told[:5])
    assert status.counters.duplicates == 0
    assert await contracts_of(tmp_path / "run.db", "ETHUSDT") == [0, 1]


async def test_another_contract_is_followed_although_nobody_announced_it(tmp_path: Path) -> None:
    """Its ids go back while time goes on: none of its trades is taken for a duplicate."""
    async with exchange_at(60) as exchange:
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        runtime = Runtime(plan(exchange, tmp_path / "run.db"))
        runtime.start()
        # A busy machine may take minutes of the exchange's for a start, and whoever comes later knows one contract only.
        while runtime.status().counters.trades < 20:
            await until(exchange, runtime, exchange.now_ms() + 1)
        minute = exchange.now_ms() // MINUTE_MS
        exchange.market.delist("ETHUSDT", minute + 4)
        exchange.market.list_again("ETHUSDT", minute + 7)
        while not [notice for notice in runtime.status().notices if "ETHUSDT anew" in notice]:
            await until(exchange, runtime, exchange.now_ms() + 1)
        to_ms = (minute + 15) * MINUTE_MS
        await until(exchange, runtime, to_ms + MINUTE_MS)
        status = await settled(exchange, runtime, tmp_path / "run.db", to_ms)
        # On a busy machine a connection may be silent for so long that it is replaced: two bring the same for a while.
        assert status.counters.duplicates == 0 or status.metrics[Metric.ROTATIONS] > 0
        await runtime.stop()
        _, told = await differences(exchange, tmp_path / "run.db", from_ms=from_ms, to_ms=to_ms)
    assert not told, "\n".join(told[:5])
    assert await contracts_of(tmp_path / "run.db", "ETHUSDT") == [0, 1]


async def contracts_of(path: Path, symbol: str) -> list[int]:
    """Of its stored spans, each once."""
    async with await Store.open(path, read_only=True) as store:
        return sorted({span.contract for span in await store.spans(symbol)})
