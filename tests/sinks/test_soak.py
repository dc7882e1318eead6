"""Every fault of the exchange, klagg and the server killed again and again, the line between them cut: what is delivered is what is stored."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from klagg_tui.runtime.plans import mark_at
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.postgres import PostgresTarget
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.market_run import MINUTE_MS, differences, now_ms, recorded, venue_of
from tests.sinks.line import Line
from tests.sinks.server import Server
from tests.sinks.test_delivery import deliver
from tests.sinks.test_postgres import delivered, expected

pytestmark = [pytest.mark.xdist_group("postgres"), pytest.mark.no_cover]
HISTORY = 300


async def _run(own: Server, database: Path, kills: int, symbols: int) -> None:
    chance = random.Random(5)
    async with (
        SimulatedExchange(MarketSpec(symbols=symbols, seed=4, activity=5.0), speed=60) as exchange,
        Line(own.port) as line,
    ):
        mark = mark_at(venue_of(exchange), exchange.rest_url)
        from_ms = now_ms(exchange) // MINUTE_MS * MINUTE_MS
        exchange.faults.plan("all/2m", exchange.now_ms())
        for number in range(kills):
            process = await _begun(exchange, database, own.address(port=line.port))
            await asyncio.sleep(chance.uniform(1.5, 6))
            match number % 4:
                case 1:
                    await asyncio.to_thread(own.kill)
                    await asyncio.sleep(chance.uniform(0, 2))
                    await asyncio.to_thread(own.start)
                case 3:
                    line.is_cut = True
                    await asyncio.sleep(chance.uniform(1, 10))
                    line.is_cut = False
                case _:
                    pass
            await asyncio.sleep(chance.uniform(0, 3))
            assert process.returncode is None, "it ended by itself"
            process.send_signal(signal.SIGKILL)
            await process.wait()
        before = len(await delivered(own.address()))
        status, to_ms, _ = await recorded(exchange, database, 5, HISTORY, mark)
        found, told = await differences(exchange, database, from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:5])
        assert not status.owed
        async with await Store.open(database, market=mark) as store, await SinkLog.open(database) as log:
            target = PostgresTarget(own.address(port=line.port))
            delivery = Delivery(log, target)
            await deliver(delivery)
            await target.close()
            there, here = await delivered(own.address()), await expected(store, mark)
        print(
            f"{(to_ms - from_ms) / MINUTE_MS:.0f} minutes, {before} rows before the last go, {len(here)} behind it",
            dict(found),
        )
        differing = [pair for pair in zip(there, here, strict=False) if pair[0] != pair[1]]
        assert there == here, differing[:3]
        assert not delivery.anew


async def _begun(exchange: SimulatedExchange, database: Path, address: str) -> asyncio.subprocess.Process:
    where = ("--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url)
    options = (*where, "--db", str(database), "--history", str(HISTORY), "--flush-seconds", "0.5")
    database.with_suffix(".toml").touch()
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "klagg_tui", "record", *options, "--log-path", str(database.with_suffix(".log"))),
        *("--sink", address, "--sink-forming", "1"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "KLAGG_CONFIG": str(database.with_suffix(".toml"))},
    )


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_whatever_is_killed_or_cut_what_is_delivered_is_what_is_stored(own: Server, tmp_path: Path) -> None:
    await _run(own, tmp_path / "run.db", int(os.environ.get("KLAGG_SINK_KILLS", "20")), symbols=20)
