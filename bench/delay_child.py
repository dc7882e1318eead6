"""Runs inside a pseudo-terminal: klagg on a market of `bench.stream_sender`, with its store, and with or without its screen.

python -m bench.delay_child screen|keys|recording SECONDS RATE [--symbols N] [--sink URL] [--stored FILE] [--hour-ends-in S] OUTPUT

Everything but the exchange's REST side is the real thing: socket, stream, engine in its thread, beats, a database, the
market's screen. Writes how late each trade was in the engine, counted by tenths of a millisecond. `keys`: the screen, and keys
pressed on it all the while.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from bench.screen_child import Timed
from bench.stream import LIMITS, sending
from bench.stream_sender import SYMBOLS, late_us, symbol
from klagg_tui.app import KlaggApp
from klagg_tui.commands.shared.sinks import Sinks
from klagg_tui.config import defaults
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
HOUR_MS: Final = 60 * MINUTE_MS
KEYS: Final = ("down", "down", "pagedown", "S", "home", "3", "S", "1", "end", "up", "2")
BETWEEN_KEYS_S: Final = 0.08
_EVENT = itemgetter(AggTrade._fields.index("event_ms"))


class SentMarket:
    """A `Source` of sent trades."""

    market = "sent trades"
    is_live = True
    knows_time = True

    def __init__(self, count: int, rate: int, symbols: int = SYMBOLS, hour_ends_in_s: float | None = None) -> None:
        """`hour_ends_in_s`: so long after the first trade; None: when it does by this machine's clock."""
        self.status = SourceStatus(Mode.LIVE, "connected")
        self._rate, self._count, self._uncounted = rate, count, WARM_S * rate
        self._symbols, self._ahead_ms = symbols, 0
        if hour_ends_in_s is not None:
            self._ahead_ms = -self.now_ms() % HOUR_MS - round(hour_ends_in_s * 1_000)
        self._host: EngineHost | None = None
        self._taken = 0
        self._late: Counter[int] = Counter()
        self._late_in_flush: Counter[int] = Counter()
        self._rows = 0.0
        self._began: Spent | None = None
        self._ended: Spent | None = None
        self.done = asyncio.Event()

    def now_ms(self) -> int:
        """This machine's time, and so much more."""
        return int(time.time() * 1000) + self._ahead_ms

    async def run(self, host: EngineHost) -> None:
        """Take everything the sender sends."""
        self._host = host
        minute_ms = self.now_ms() // MINUTE_MS * MINUTE_MS
        names = [symbol(number) for number in range(self._symbols)]
        for name in names:
            host.handle([AddSymbol(name, 0), SeedBars(name, minute_ms, (), None, 1)])
        async with sending(self._count, self._rate, self._symbols, self._ahead_ms) as url:
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
            "shares": {
                name: (spent - self._began.threads.get(name, 0.0)) / seconds
                for name, spent in self._ended.threads.items()
            },
            "mb": psutil.Process().memory_info().rss / 1e6,
        }


class Spent(NamedTuple):
    """Seconds of the wall, of the process's time, and for which this thread was ready and had no core; of each thread by name, too."""

    wall_s: float
    cpu_s: float
    waited_s: float
    threads: dict[str, float]

    @classmethod
    def now(cls) -> Spent:
        """Up to now."""
        try:
            waited_ns = int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1])
        except OSError:
            waited_ns = 0
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        threads: dict[str, float] = defaultdict(float)
        for one in psutil.Process().threads():
            threads[names.get(one.id, "")] += one.user_time + one.system_time
        return cls(time.perf_counter(), time.process_time(), waited_ns / 1e9, threads)


def main() -> None:
    asked = _arguments().parse_args()
    count = (WARM_S + asked.seconds) * asked.rate
    market = SentMarket(count, asked.rate, asked.symbols, asked.hour_ends_in and WARM_S + asked.hour_ends_in)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "sent.db"
        if asked.stored:
            shutil.copy(asked.stored, database)
        with _sinks(database, asked.sink) as sinks:
            runtime = Runtime(sinks.beside(Plan(lambda: market, database=database, market="sent")))
            runtime.start()
            interpreter.freeze()
            if asked.what == "recording":
                while not (market.done.is_set() or runtime.has_ended):
                    time.sleep(0.5)
                runtime.cancel()
            else:
                _show(runtime, market, found, has_keys=asked.what == "keys")
            runtime.wait(30)
    asked.output.write_text(json.dumps({**market.measured(), **found}), encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("screen", "keys", "recording"))
    parser.add_argument("seconds", type=int)
    parser.add_argument("rate", type=int)
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    parser.add_argument("--sink", action="append", default=[])
    parser.add_argument("--stored", type=Path)
    parser.add_argument("--hour-ends-in", type=float)
    parser.add_argument("output", type=Path)
    return parser


def _sinks(database: Path, addresses: Sequence[str]) -> Sinks:
    """As `klagg record --sink` and `--dataset` have them."""
    settings = defaults()
    datasets = tuple(address for address in addresses if address.startswith("file:"))
    to = tuple(address for address in addresses if address not in datasets)
    return Sinks(
        replace(
            settings,
            storage=replace(settings.storage, database=database),
            sink=replace(settings.sink, to=to, datasets=datasets),
        )
    )


def _show(runtime: Runtime, market: SentMarket, found: dict[str, Any], *, has_keys: bool) -> None:
    app = KlaggApp(runtime)

    def look() -> None:
        if market.done.is_set() or runtime.has_ended:
            app.call_later(app.action_quit)

    async def press() -> None:
        """Keys at odd moments of the beat; what each took is kept."""
        await asyncio.sleep(WARM_S)
        timed, taken = Timed(app), found.setdefault("keys", [])
        while not market.done.is_set():
            taken.append(await timed.press(KEYS[len(taken) % len(KEYS)]))
            await asyncio.sleep(BETWEEN_KEYS_S + len(taken) % 7 * 0.011)

    app.call_later(lambda: app.set_interval(0.5, look))
    if has_keys:
        app.call_later(lambda: app.run_worker(press(), exit_on_error=False))
    app.run()


if __name__ == "__main__":
    main()
