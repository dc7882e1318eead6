"""`kill -9` at any moment, and the next start leads to the same bars as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from klagg_tui.simulator import MarketSpec, SimulatedExchange
from tests.market_run import MINUTE_MS, differences, recorded

pytestmark = pytest.mark.xdist_group("live")

HISTORY = 500
"""Reaches back before every crash: what a symbol lost before anything of it was on disk is history; all else is owed."""


async def _killed_after(exchange: SimulatedExchange, database: Path, seconds: float) -> None:
    """Record as a process of its own, and kill it."""
    urls = ("--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url)
    options = (*urls, "--db", str(database), "--history", str(HISTORY), "--flush-seconds", "0.5")
    environment = {**os.environ, "KLAGG_CONFIG": str(database.with_suffix(".toml"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "klagg_tui", "record", *options, "--log-path", str(database.with_suffix(".log"))),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    await asyncio.sleep(seconds)  # the moment of the crash is chance, not something to wait for
    assert process.returncode is None, "it ended by itself"
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def _run(database: Path, kills: int, symbols: int) -> None:
    chance = random.Random(3)
    database.with_suffix(".toml").write_text("")
    async with SimulatedExchange(
        MarketSpec(symbols=symbols, seed=4, activity=5.0), speed=60, faults="all/2m"
    ) as exchange:
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        for _ in range(kills):
            await _killed_after(exchange, database, chance.uniform(1.5, 6.0))
        _, to_ms, _ = await recorded(exchange, database, 5, HISTORY, exchange.rest_url)
        found, told = await differences(exchange, database, from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:5])
        assert found["CONFIRMED"] == found["equal"] > 0


async def test_three_kills_cost_nothing(tmp_path: Path) -> None:
    await _run(tmp_path / "run.db", 3, symbols=15)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_fifty_kills_cost_nothing(tmp_path: Path) -> None:
    await _run(tmp_path / "run.db", int(os.environ.get("KLAGG_KILLS", "50")), symbols=40)
