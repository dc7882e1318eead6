"""Runs inside a pseudo-terminal: klagg on a market of `bench.stream_sender`, with its store, and with or without its screen.

python -m bench.delay_child screen|recording SECONDS RATE OUTPUT

Everything but the exchange's REST side is the real thing: socket, stream, engine in its thread, beats, a database, the
market's screen. Writes how late each trade was in the engine, counted by tenths of a millisecond.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from bench.stream import LIMITS, sending
from bench.stream_sender import SYMBOLS, late_us, symbol
from klagg_tui.app import KlaggApp
from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars, TradeFields
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.stream import MarketStream
from klagg_tui.feed import Mode
from klagg_tui.metrics import Metric
from klagg_tui.runtime import interpreter
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import Plan, SourceStatus
from klagg_tui.runtime.worker import Runtime

WARM_S = 3
"""Of trades that are not counted: the first rows, the first flush."""
_EVENT = itemgetter(AggTrade._fields.index("event_ms"))


class SentMarket:
    """A `Source` of sent trades."""

    market = "sent trades"
    is_live = True
    knows_time = True

    def __init__(self, count: int, rate: int) -> None:
        self.status = SourceStatus(Mode.LIVE, "connected")
        self._rate, self._count, self._uncounted = rate, count, WARM_S * rate
        self._host: EngineHost | None = None
        self._taken = 0
        self._late: Counter[int] = Counter()
        self._late_in_flush: Counter[int] = Counter()
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
        async with sending(self._count, self._rate) as url:
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
        self._taken += len(trades)
        if self._taken > self._uncounted:
            if self._began is None:
                self._began, self._uncounted = Spent.now(), self._taken
            self._count_late([late // 100 for late in late_us(map(_EVENT, trades))], self._host)
        if self._taken >= self._count:
            self._ended = Spent.now()
            self.done.set()

    def _count_late(self, late: list[int], host: EngineHost) -> None:
        if host._writing.locked():
            self._late_in_flush.update(late)
            self._rows = max(self._rows, host.metrics[Metric.DIRTY_ROWS])
        else:
            self._late.update(late)

    def measured(self) -> dict[str, object]:
        """For the one who waits."""
        assert self._host is not None
        assert self._began is not None
        assert self._ended is not None
        seconds = self._ended.wall_s - self._began.wall_s
        return {
            "lost": self._count - self._host.engine.counters.trades,
            "late": sorted((self._late + self._late_in_flush).items()),
            "late_in_flush": sorted(self._late_in_flush.items()),
            "rows": self._rows,
            "cpu": (self._ended.cpu_s - self._began.cpu_s) / seconds,
            "us_a_frame": (self._ended.cpu_s - self._began.cpu_s) / (self._taken - self._uncounted) * 1e6,
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
    what, seconds, rate, output = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    market = SentMarket((WARM_S + seconds) * rate, rate)
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(Plan(lambda: market, database=Path(folder) / "sent.db", market="sent"))
        runtime.start()
        interpreter.freeze()
        if what == "screen":
            _show(runtime, market)
        else:
            while not (market.done.is_set() or runtime.has_ended):
                time.sleep(0.5)
            runtime.cancel()
        runtime.wait(30)
    output.write_text(json.dumps(market.measured()), encoding="utf-8")


def _show(runtime: Runtime, market: SentMarket) -> None:
    app = KlaggApp(runtime)

    def look() -> None:
        if market.done.is_set() or runtime.has_ended:
            app.call_later(app.action_quit)

    app.call_later(lambda: app.set_interval(0.5, look))
    app.run()


if __name__ == "__main__":
    main()
