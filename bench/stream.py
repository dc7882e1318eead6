"""The stream: from a socket to the state of bars, on one core, in a burst and at a pace; with all of klagg around it see `delay`."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from operator import itemgetter
from statistics import quantiles

from bench.stream_sender import SYMBOLS, late_us, symbol
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, TradeFields
from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.session import FeedLimits
from klagg_tui.exchange.stream import MarketStream
from klagg_tui.exchange.transport.gulps import GulpLoop

BURST = 400_000
BURST_AIM = 100_000
PACED_S = 5
PACED_AIMS = {2_000: 30, 5_000: 18, 20_000: 12}
"""Frames a second, and microseconds of processor time each may cost."""
_EVENT = itemgetter(AggTrade._fields.index("event_ms"))
LIMITS = replace(FeedLimits.of(VENUE.streams), streams_per_message=2_000, bytes_per_message=100_000)


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    burst = taken(BURST, 0)
    found = [("stream: frames a second from socket to bar state, burst", f"{burst.rate:,.0f} (aim: {BURST_AIM:,})")]
    found.append(("  processor time", f"{burst.cost_us:.1f} µs a frame"))
    for rate, aim in PACED_AIMS.items():
        paced = taken(rate * PACED_S, rate)
        found.append((f"  at {rate:,} frames a second", f"{paced.cost_us:.1f} µs a frame (aim: {aim})"))
        found.append((f"  at {rate:,}: from sending to state", paced.delays()))
    return found


@dataclass
class Taken:
    """What an engine behind a stream took in, and what that cost."""

    wanted: int
    engine: KlineEngine
    began: tuple[float, float] = (0.0, 0.0)
    """Wall and processor seconds at the first gulp; it is not counted itself."""
    ended: tuple[float, float] = (0.0, 0.0)
    frames: int = 0
    late_ms: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, trades: Sequence[TradeFields], _: int) -> None:
        """As the runtime does."""
        if not self.frames:
            self.began = time.perf_counter(), time.process_time()
        self.engine.take(trades)
        self.frames += len(trades)
        self.late_ms += [late / 1_000 for late in late_us(map(_EVENT, trades))]
        if self.frames >= self.wanted:
            self.ended = time.perf_counter(), time.process_time()
            self.done.set()

    @property
    def rate(self) -> float:
        """Frames a second of the clock on the wall."""
        return self.frames / (self.ended[0] - self.began[0])

    @property
    def cost_us(self) -> float:
        """Processor time a frame."""
        return (self.ended[1] - self.began[1]) / self.frames * 1e6

    def delays(self) -> str:
        """Middle and 99th percentile, and whether anything was lost."""
        cuts = quantiles(self.late_ms, n=100)
        counted = self.engine.counters
        return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, {self.wanted - counted.trades} of {self.wanted:,} lost"


@asynccontextmanager
async def sending(count: int, rate: int, symbols: int = SYMBOLS, ahead_ms: int = 0) -> AsyncIterator[str]:
    """A sender of its own process; where it listens."""
    arguments = [sys.executable, "-m", "bench.stream_sender", *map(str, (count, rate, symbols, ahead_ms))]
    sender = await asyncio.create_subprocess_exec(*arguments, stdout=PIPE)
    assert sender.stdout is not None
    port = int(await sender.stdout.readline())
    yield f"ws://127.0.0.1:{port}"
    await sender.wait()


def taken(count: int, rate: int) -> Taken:
    """One run, on a loop as klagg has it."""
    with asyncio.Runner(loop_factory=GulpLoop) as runner:
        return runner.run(run(count, rate))


async def run(count: int, rate: int) -> Taken:
    """One run, without store and screen."""
    symbols = [symbol(number) for number in range(SYMBOLS)]
    taken = Taken(count, KlineEngine(holds_gaps=False))
    for name in symbols:
        taken.engine.handle(AddSymbol(name, 0))
    async with sending(count, rate) as url:
        stream = MarketStream(
            VENUE, url, on_trades=taken.take, on_report=lambda _: None, per_shard=SYMBOLS, limits=LIMITS
        )
        stream.follow(symbols)
        running = asyncio.create_task(stream.run())
        try:
            await asyncio.wait_for(taken.done.wait(), 300)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return taken


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:60} {text}")
