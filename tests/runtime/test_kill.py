"""`kill -9` at any moment, and the next start leads to the same bars as if nothing had happened."""

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
from tests.market_run import (
    MINUTE_MS,
    Exchanges,
    differences,
    every,
    is_stored,
    now_ms,
    recorded,
    simulated,
    unsettled,
    venue_of,
)

pytestmark = pytest.mark.xdist_group("live restarts")

HISTORY = 500
"""Reaches back before every crash."""


def _places(exchanges: Exchanges) -> tuple[str, ...]:
    """Where they are, as flags of one or as what several need in the settings."""
    if isinstance(exchanges, SimulatedExchange):
        return ("--rest-url", exchanges.rest_url, "--ws-url", exchanges.ws_url)
    return ("--venue", ",".join(exchange.face.key for exchange in exchanges))


def _settings(exchanges: Exchanges) -> str:
    if isinstance(exchanges, SimulatedExchange):
        return ""
    return "".join(
        f'[venue.{exchange.face.key}]\nrest_url = "{exchange.rest_url}"\nws_url = "{exchange.ws_url}"\n'
        for exchange in exchanges
    )


async def _killed_after(exchanges: Exchanges, database: Path, seconds: float, before_ms: int | None = None) -> None:
    """Record as a process of its own, and kill it after so long, counted from when minutes of all symbols are stored of the time before."""
    options = (*_places(exchanges), "--db", str(database), "--history", str(HISTORY), "--flush-seconds", "0.5")
    database.with_suffix(".toml").write_text(_settings(exchanges))
    environment = {**os.environ, "KLAGG_CONFIG": str(database.with_suffix(".toml"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "klagg_tui", "record", *options, "--log-path", str(database.with_suffix(".log"))),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    while before_ms is not None and not await is_stored(exchanges, database, before_ms - 60 * MINUTE_MS, before_ms):
        assert process.returncode is None, "it ended by itself"
        await asyncio.sleep(0.2)
    await asyncio.sleep(seconds)  # the moment of the crash is chance, not something to wait for
    assert process.returncode is None, "it ended by itself"
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def _run(database: Path, kills: int, symbols: int) -> None:
    spec = MarketSpec(symbols=symbols, seed=4, activity=5.0)
    async with SimulatedExchange(spec, speed=60) as exchange:
        await _kill(exchange, database, kills, "all/2m", mark_at(venue_of(exchange), exchange.rest_url))


async def _kill(
    exchanges: Exchanges, database: Path, kills: int, faults: str, market: str = "", longest_s: float = 6.0
) -> None:
    """The first kill comes once something of all symbols is on disk: of what was lost before, of another contract perhaps, nothing tells."""
    chance = random.Random(3)
    from_ms = now_ms(exchanges) // MINUTE_MS * MINUTE_MS
    await _killed_after(exchanges, database, chance.uniform(0, longest_s), from_ms)
    for exchange in every(exchanges):
        exchange.faults.plan(faults, exchange.now_ms())
    for _ in range(kills - 1):
        await _killed_after(exchanges, database, chance.uniform(1.5, longest_s))
    status, to_ms, _ = await recorded(exchanges, database, 5, HISTORY, market)
    found, told = await differences(exchanges, database, from_ms=from_ms, to_ms=to_ms)
    print((to_ms - from_ms) / MINUTE_MS, dict(found), status.owed, *told[:200], sep="\n")
    for exchange in every(exchanges):
        print(exchange.face.key, dict(exchange.faults.counts), *exchange.faults.incidents, sep="\n    ")
    assert not told, "\n".join(told[:5])
    assert not await unsettled(exchanges, database, to_ms)
    assert not status.owed
    assert found["equal"] > 0
    if isinstance(exchanges, SimulatedExchange):
        assert found["CONFIRMED"] == found["equal"]


async def test_three_kills_cost_nothing(tmp_path: Path) -> None:
    await _run(tmp_path / "run.db", 3, symbols=5)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_fifty_kills_cost_nothing(tmp_path: Path) -> None:
    await _run(tmp_path / "run.db", int(os.environ.get("KLAGG_KILLS", "50")), symbols=40)


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_twenty_kills_over_six_exchanges_cost_nothing(tmp_path: Path) -> None:
    kills, speed = int(os.environ.get("KLAGG_SIX_KILLS", "20")), float(os.environ.get("KLAGG_SIX_SPEED", "20"))
    async with simulated(symbols=5, seed=4, activity=1.0, speed=speed, faults="none") as exchanges:
        await _kill(exchanges, tmp_path / "run.db", kills, "all/4m", longest_s=20.0)
