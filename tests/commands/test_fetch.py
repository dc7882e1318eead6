"""`klagg fetch` as it is typed, also killed in the middle."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.archive.bucket import Served
from klagg_tui.storage.store import Store
from tests.feeds import until
from tests.shell import Klagg

START_MS = int(datetime(2024, 4, 10, 12, tzinfo=UTC).timestamp()) * 1000
FIRST_MS = int(datetime(2024, 4, 2, tzinfo=UTC).timestamp()) * 1000
SPEC = MarketSpec(symbols=3, seed=3, activity=4, history_days=30, start_ms=START_MS)
DAY_MS = 86_400_000


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        yield exchange


async def _begin(exchange: SimulatedExchange, folder: Path, *more: str) -> asyncio.subprocess.Process:
    asked = ["fetch", "BTCUSDT", "--from", "2024-04-02", "--to", "2024-04-03", "--db", str(folder / "a.db"), *more]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "klagg_tui", *asked, "--archive-url", exchange.rest_url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )


async def _end(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def _zips(exchange: SimulatedExchange) -> list[Served]:
    return [served for served in exchange.archive.served if served.key.endswith(".zip")]


async def test_files_come_and_a_summary_is_told(exchange: SimulatedExchange, tmp_path: Path) -> None:
    status, out, err = await _end(await _begin(exchange, tmp_path, "--what", "klines", "--period", "1h"))
    assert (status, err) == (0, "")
    assert out.startswith("2 files fetched (")
    assert out.endswith("), 0 held before, 0 trades, 48 bars (48 new), 0 bad.\n")
    status, out, err = await _end(await _begin(exchange, tmp_path, "--what", "klines", "--period", "1h"))
    assert (status, out, err) == (0, "0 files fetched (0 B), 2 held before, 0 trades, 0 bars (0 new), 0 bad.\n", "")
    assert not (tmp_path / "a.db.fetch").exists()


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT])
async def test_killed_in_the_middle_it_goes_on_where_it_stopped(
    signal_number: signal.Signals, exchange: SimulatedExchange, tmp_path: Path
) -> None:
    exchange.strike("crawl")
    folder = tmp_path / "a.db.fetch"
    process = await _begin(exchange, tmp_path)
    await until(lambda: any(path.stat().st_size for path in folder.rglob("*.part")), 60)
    process.send_signal(signal_number)
    status, out, _ = await _end(process)
    assert status == (-9 if signal_number == signal.SIGKILL else 130)
    assert out == "" or out.startswith("Stopped: ")
    kept = {path.name.split(".")[0]: path.stat().st_size for path in folder.rglob("*.part")}
    assert kept
    exchange.jump(60_000)
    await until(lambda: all(any(name in key for key, _, _ in _zips(exchange)) for name in kept), 60)
    status, out, err = await _end(await _begin(exchange, tmp_path))
    assert (status, err) == (0, "")
    for name, size in kept.items():
        assert [first for key, first, _ in _zips(exchange) if name in key] == [0, size]
    assert not folder.exists()
    truth = exchange.bars("BTCUSDT", Period.M1, FIRST_MS, FIRST_MS + 2 * DAY_MS)
    async with await Store.open(tmp_path / "a.db", read_only=True) as store:
        assert tuple([bar async for bar in store.bars("BTCUSDT", Period.M1)]) == truth


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["BTCUSDT"], "Missing option '--from'"),
        (["BTCUSDT", "--from", "2124-01"], "--from 2124-01 lies ahead"),
        (["BTCUSDT", "--from", "2024-01", "--to", "2124-01"], "--to 2124-01 lies ahead"),
        (
            ["BTCUSDT", "--from", "2024-01", "--what", "aggtrade"],
            "There is no archive of aggtrade; did you mean aggTrades?",
        ),
        (["BTCUSDT", "--from", "2024-01", "--what", "aggTrades", "-p", "1m"], "--period is for klines"),
        (
            ["BTCUSDT", "--from", "2024-01", "--market", "us"],
            "No archives of Binance.US are published that klagg knows",
        ),
        (["BTCUSDT", "--from", "2024-01", "--market", "spots"], "did you mean spot?"),
        (["BTC/USDT", "--from", "2024-01"], "BTC/USDT cannot be a symbol"),
        (["BTC*", "--from", "2024-01"], "BTC* cannot be a symbol"),
        (["BTCUSDT", "--from", "2024-01", "--archive-url", "here"], "--archive-url here is no address"),
    ],
)
def test_what_was_typed_wrong_is_told_before_anything_is_asked(
    arguments: list[str], complaint: str, klagg: Klagg
) -> None:
    said = klagg("fetch", *arguments)
    assert (said.status, said.out) == (2, "")
    assert complaint in said.err


def test_without_a_network_it_says_so(klagg: Klagg) -> None:
    said = klagg("fetch", "BTCUSDT", "--from", "2024-01", "--archive-url", "http://127.0.0.1:9", "--db", "a.db")
    assert (said.status, said.out) == (1, "")
    assert said.err == "127.0.0.1:9 cannot be reached (nobody answers there).\n"
