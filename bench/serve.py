"""The push server: what two hundred readers, ten of them not reading, cost the engine in delay and memory.

The engine and the server run in this process as in `klagg serve`; the readers in another one. Delay is the time from
when a gulp of trades was due to when the engine had taken all of it.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from typing import Final

import aiohttp
import psutil

from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS
from klagg_tui.feed import Mode
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import Plan, SourceStatus
from klagg_tui.runtime.worker import Runtime
from klagg_tui.serve.access import AccessPolicy
from klagg_tui.serve.push import push_to
from klagg_tui.serve.server import PushServer

SYMBOLS: Final = [f"COIN{at:03d}USDT" for at in range(500)]
READERS: Final = 200
NOT_READING: Final = 10
TRADES_A_SECOND: Final = 2_000
GULP_S: Final = 0.02
WARM_S: Final = 5.0
MEASURED_S: Final = 20.0


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    alone, served = measure(0), measure(READERS)
    return [
        (f"engine, {TRADES_A_SECOND:,} trades/s of {len(SYMBOLS)} symbols, no reader", _line(alone)),
        (f"the same with {READERS} readers, {NOT_READING} of them not reading", _line(served)),
        ("  read by the others", f"{served['heard']:,.0f} messages, {served['megabytes'] / MEASURED_S:.1f} MB/s"),
    ]


def _line(measured: dict[str, float]) -> str:
    return (
        f"delay p50 {measured['p50']:.1f} ms, p99 {measured['p99']:.1f} ms; memory {measured['memory']:.0f} MB, "
        f"grown by {measured['growth']:+.1f} MB in {MEASURED_S:.0f} s; {measured['cpu']:.0%} of a core"
    )


class Made:
    """A source of made-up trades at a steady pace."""

    market = "made market"
    is_live = True
    knows_time = True

    def __init__(self) -> None:
        self.status = SourceStatus(Mode.DEMO, "connected")
        self.delays: list[float] = []
        self._began_s = time.time()
        self._chance = random.Random(1)
        self._ids = dict.fromkeys(SYMBOLS, 0)

    def now_ms(self) -> int:
        return int(time.time() * 1000)

    async def run(self, host: EngineHost) -> None:
        minute_ms = self.now_ms() // MINUTE_MS * MINUTE_MS
        for symbol in SYMBOLS:
            host.handle([AddSymbol(symbol, minute_ms), SeedBars(symbol, minute_ms, (), None, 1, minute_ms)])
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            host.handle([self._trade() for _ in range(int(TRADES_A_SECOND * GULP_S))])
            self.delays.append((loop.time() - due_s) * 1000)
            due_s = max(due_s + GULP_S, loop.time())
            await asyncio.sleep(due_s - loop.time())

    def _trade(self) -> AggTrade:
        symbol = SYMBOLS[int(len(SYMBOLS) * self._chance.random() ** 2)]
        self._ids[symbol] += 1
        at, now_ms = self._ids[symbol], self.now_ms()
        price, quantity = f"{100 + self._chance.random():.2f}", f"{self._chance.random() + 0.001:.3f}"
        return AggTrade(symbol, price, quantity, now_ms, False, at, at, at, now_ms)


def measure(readers: int) -> dict[str, float]:
    """Run engine and server for a while, with so many readers."""
    source = Made()
    server = PushServer(AccessPolicy("127.0.0.1", 0), None, lambda: runtime.status())  # noqa: PLW0108 - there is no runtime yet
    runtime = Runtime(Plan(lambda: source, DEFAULT_PERIODS).with_background(push_to(server)))
    server.start()
    runtime.start()
    child = None
    if readers:
        command = [sys.executable, "-m", "bench.serve", server.url, str(readers), str(WARM_S + MEASURED_S)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while server.readers < readers:
            time.sleep(0.1)
    time.sleep(WARM_S)
    process = psutil.Process()
    source.delays.clear()
    before, cpu = process.memory_info().rss, process.cpu_times()
    time.sleep(MEASURED_S)
    delays, after, spent = sorted(source.delays), process.memory_info().rss, process.cpu_times()
    heard, megabytes = child.communicate()[0].split() if child else (0, 0)
    runtime.cancel()
    runtime.wait()
    server.stop()
    return {
        "p50": delays[len(delays) // 2],
        "p99": delays[int(len(delays) * 0.99)],
        "memory": after / 1e6,
        "growth": (after - before) / 1e6,
        "cpu": (spent.user + spent.system - cpu.user - cpu.system) / MEASURED_S,
        "heard": float(heard),
        "megabytes": float(megabytes),
    }


async def read(url: str, readers: int, seconds: float) -> None:
    """Be the readers: most want one symbol, some ten, a few everything; of each kind some never read."""
    heard: list[int] = []

    async def one(session: aiohttp.ClientSession, at: int) -> None:
        async with session.ws_connect(f"{url}ws", max_msg_size=0) as opened:
            wanted = "*" if at % 20 == 0 else SYMBOLS[at : at + (10 if at % 5 == 0 else 1)]
            await opened.send_json({"subscribe": wanted})
            while at >= NOT_READING:
                message = await opened.receive()
                heard.append(len(message.data))
            opened._response.connection.transport.pause_reading()
            await asyncio.sleep(3600)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = [asyncio.create_task(one(session, at)) for at in range(readers)]
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    print(len(heard), sum(heard) / 1e6)


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
