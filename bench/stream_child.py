"""Runs inside a pseudo-terminal: klagg on a market of `bench.stream_sender`, with store and screen.

python -m bench.stream_child COUNT RATE OUTPUT

Everything but the exchange's REST side is the real thing: socket, stream, engine in its thread, beats, a database, the
market's screen. Writes how late each trade was in the engine, by whole milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.stream import LIMITS, sending
from bench.stream_sender import SYMBOLS, symbol
from klagg_tui.app import KlaggApp
from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars, TradeFields
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.stream import MarketStream
from klagg_tui.feed import Mode
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import Plan, SourceStatus
from klagg_tui.runtime.worker import Runtime

WARM_S = 3
"""Of trades that are not counted: the first rows, the first flush."""


class SentMarket:
    """A `Source` of sent trades."""

    market = "sent trades"
    is_live = True

    def __init__(self, count: int, rate: int) -> None:
        self.status = SourceStatus(Mode.LIVE, "connected")
        self._count, self._uncounted = count, WARM_S * rate
        self._host: EngineHost | None = None
        self._taken = 0
        self._late_ms: Counter[int] = Counter()
        self._late_in_flush_ms: Counter[int] = Counter()
        self._rows = 0.0
        self._began: Spent | None = None
        self._ended: Spent | None = None
        self.done = asyncio.Event()

    def now_ms(self) -> int:
        """This machine's time."""
        return int(time.time() * 1000)

    async def run(self, host: EngineHost) -> None:
        """Take everything the sender sends."""
        self._host = host
        minute_ms = self.now_ms() // MINUTE_MS * MINUTE_MS
        names = [symbol(number) for number in range(SYMBOLS)]
        for name in names:
            host.handle([AddSymbol(name, 0), SeedBars(name, minute_ms, (), None, 1)])
        async with sending(self._count, self._uncounted // WARM_S) as url:
            stream = MarketStream(
                VENUE, url, on_trades=self._take, on_report=lambda _: None, per_shard=len(names), limits=LIMITS
            )
            stream.follow(names)
            running = asyncio.create_task(stream.run())
            try:
                await self.done.wait()
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    def _take(self, trades: Sequence[TradeFields], _: int) -> None:
        """As the runtime does."""
        assert self._host is not None
        self._host.receive(trades)
        now_ms = time.monotonic_ns() // 1_000_000
        self._taken += len(trades)
        if self._taken > self._uncounted:
            self._began = self._began or Spent.now()
            self._count_late([now_ms - AggTrade(*trade).event_ms for trade in trades], self._host)
        if self._taken >= self._count:
            self._ended = Spent.now()
            self.done.set()

    def _count_late(self, late_ms: list[int], host: EngineHost) -> None:
        if host._writing.locked():
            self._late_in_flush_ms.update(late_ms)
            self._rows = max(self._rows, host.metrics[Metric.DIRTY_ROWS])
        else:
            self._late_ms.update(late_ms)

    def measured(self) -> dict[str, object]:
        """For the one who waits."""
        assert self._host is not None
        assert self._began is not None
        assert self._ended is not None
        seconds = self._ended.wall_s - self._began.wall_s
        return {
            "lost": self._count - self._host.engine.counters.trades,
            "late_ms": sorted((self._late_ms + self._late_in_flush_ms).items()),
            "late_in_flush_ms": sorted(self._late_in_flush_ms.items()),
            "rows": self._rows,
            "cpu": (self._ended.cpu_s - self._began.cpu_s) / seconds,
            "waited": (self._ended.waited_s - self._began.waited_s) / seconds,
        }


class Spent(NamedTuple):
    """Seconds of the wall, of the process's time, and for which this thread was ready and had no core."""

    wall_s: float
    cpu_s: float
    waited_s: float

    @classmethod
    def now(cls) -> Spent:
        """Up to now."""
        try:
            waited_ns = int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1])
        except OSError:
            waited_ns = 0
        return cls(time.perf_counter(), time.process_time(), waited_ns / 1e9)


def main() -> None:
    count, rate, output = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    market = SentMarket(count, rate)
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(Plan(lambda: market, database=Path(folder) / "sent.db", market="sent"))
        runtime.start()
        app = KlaggApp(runtime)

        def look() -> None:
            if market.done.is_set() or runtime.has_ended:
                app.call_later(app.action_quit)

        app.call_later(lambda: app.set_interval(0.5, look))
        app.run()
        runtime.wait(30)
    output.write_text(json.dumps(market.measured()), encoding="utf-8")


if __name__ == "__main__":
    main()
