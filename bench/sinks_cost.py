"""What it takes to deliver bars: processor time and room, for each kind of sink, beside the local file that holds the same ones.

A day of some symbols is stored and delivered at once; then minutes of more symbols end and are confirmed, one after the other, and each is
delivered to every sink in turns, as while klagg records; then that day is over for the dataset.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import psutil

from bench.start import made
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DAY_MS, DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.target import Target
from klagg_tui.sinks.targets import target_of
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.sinks.nats_server import BINARY, NatsServer, serving_nats
from tests.sinks.server import BINARIES, Server, serving

Servers: TypeAlias = dict[str, Server | NatsServer]

SYMBOLS: Final = 200
"""Of which minutes end."""
STORED: Final = 50
"""Of which a day is stored."""
MINUTES: Final = 5
DAY_PERIODS: Final = tuple(period for period in DEFAULT_PERIODS if period is not Period.W1)
_AT_ONCE: Final = 5
"""Symbols stored in one go, some ten thousand bars."""


@dataclass
class Spent:
    """Processor seconds here and in the server, for so many bars."""

    here_s: float = 0.0
    there_s: float = 0.0
    bars: int = 0

    def text(self, *, has_server: bool) -> str:
        """A 10,000 bars."""
        each = 1e7 / max(1, self.bars)
        there = f", server {self.there_s * each:.0f} ms" if has_server else ""
        return f"{self.here_s * each:.0f} ms{there}, of {self.bars:,} bars"


@dataclass
class Sink:
    """One that is measured."""

    name: str
    target: Target
    pid: int | None = None
    """Of its server; None: it has none."""
    delivery: Delivery | None = None
    spent: dict[str, Spent] = field(default_factory=dict)


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure. A server that is not installed here is left out."""
    with tempfile.TemporaryDirectory() as folder, running() as servers:
        path, place = Path(folder) / "cost.db", Path(folder) / "bars"
        sinks = [Sink(kind, target_of(server.address(), path), server.pid) for kind, server in servers.items()]
        sinks.append(Sink("dataset", target_of(place.as_uri(), path)))
        return [(f"10,000 bars {name}", text) for name, text in asyncio.run(_measure(path, sinks))]


@contextmanager
def running() -> Iterator[Servers]:
    """Those that are installed here."""
    with ExitStack() as stack:
        found: Servers = {}
        if BINARIES is not None:
            found["PostgreSQL"] = stack.enter_context(serving())
        if BINARY is not None:
            found["NATS"] = stack.enter_context(serving_nats())
        yield found


def symbols() -> list[str]:
    """Their names, the same in each database."""
    return [f"COIN{number:03d}USDT" for number in range(SYMBOLS)]


async def fill_day(store: Store, from_ms: int) -> Spent:
    """Store a whole day of some symbols, confirmed."""
    spent = Spent()
    names = symbols()[:STORED]
    for begin in range(0, STORED, _AT_ONCE):
        ended = tuple(
            made(name, period, at_ms, begin + place, at_ms // MINUTE_MS)
            for place, name in enumerate(names[begin : begin + _AT_ONCE])
            for period in DAY_PERIODS
            for at_ms in _opens(period, from_ms)
        )
        spent.here_s += await _cpu_s(store.write(Changes(ended=ended)))
        spent.bars += len(ended)
    return spent


def _opens(period: Period, from_ms: int) -> Sequence[int]:
    return range(from_ms, from_ms + DAY_MS, period.nominal_ms)


async def _cpu_s(work: Awaitable[object]) -> float:
    began = time.process_time()
    await work
    return time.process_time() - began


async def _measure(path: Path, sinks: Sequence[Sink]) -> list[tuple[str, str]]:
    """The figures of all."""
    day_ms = int(time.time() * 1_000) // DAY_MS * DAY_MS - 2 * DAY_MS
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        stored = await fill_day(store, day_ms)
        async with AsyncExitStack() as stack:
            log = await stack.enter_async_context(await SinkLog.open(path))
            for sink in sinks:
                sink.delivery = Delivery(log, sink.target)
                stack.push_async_callback(sink.target.close)
                await _deliver(sink, "what is stored", begins=True)
            ended, confirmed = await _live(store, sinks, day_ms + DAY_MS)
            found = [
                ("into the local file, a day at once", stored.text(has_server=False)),
                ("into the local file, minutes as they end", ended.text(has_server=False)),
                ("into the local file, minutes as they are confirmed", confirmed.text(has_server=False)),
            ]
            for sink in sinks:
                if not sink.pid:
                    await fill_day(store, day_ms + DAY_MS)
                    await store.write(
                        Changes(ended=(_bar("COIN000USDT", Period.M1, day_ms + 2 * DAY_MS + 10 * MINUTE_MS, 0),))
                    )
                    await _deliver(sink, "a day that is over")
            for sink in sinks:
                for what, spent in sink.spent.items():
                    found.append((f"{sink.name}, {what}", spent.text(has_server=bool(sink.pid))))
    return found


async def _live(store: Store, sinks: Sequence[Sink], from_ms: int) -> tuple[Spent, Spent]:
    """Minutes that end and are confirmed."""
    ended, confirmed = Spent(), Spent()
    for number in range(MINUTES):
        open_ms = from_ms + number * MINUTE_MS
        over = [period for period in DAY_PERIODS if (open_ms + MINUTE_MS) % period.nominal_ms == 0]
        bars = tuple(
            _bar(name, period, period.open_ms(open_ms), place)
            for place, name in enumerate(symbols())
            for period in over
        )
        ended.here_s += await _cpu_s(store.write(Changes(ended=bars)))
        ended.bars += await _in_turns(sinks, number, "minutes as they end")
        shown = [bar._replace(state=State.CONFIRMED) for bar in bars if bar.period is Period.M1]
        confirmed.here_s += await _cpu_s(store.add_confirmed(shown))
        confirmed.bars += await _in_turns(sinks, number, "minutes as they are confirmed")
    return ended, confirmed


async def _in_turns(sinks: Sequence[Sink], number: int, what: str) -> int:
    """Deliver to all, another one first each time; returns how many bars one was given."""
    first = number % len(sinks)
    return [await _deliver(sink, what) for sink in (*sinks[first:], *sinks[:first])][-1]


def _bar(symbol: str, period: Period, open_ms: int, place: int) -> Bar:
    return made(symbol, period, open_ms, place, open_ms // MINUTE_MS, State.CLOSED)


async def _deliver(sink: Sink, what: str, *, begins: bool = False) -> int:
    """All that waits; returns how many bars that were."""
    assert sink.delivery is not None
    before, there_s, began = sink.delivery.delivered, server_s(sink.pid), time.process_time()
    if begins:
        await sink.delivery.begin()
    while await sink.delivery.step():
        pass
    spent = sink.spent.setdefault(what, Spent())
    spent.here_s += time.process_time() - began
    spent.there_s += server_s(sink.pid) - there_s
    spent.bars += sink.delivery.delivered - before
    return sink.delivery.delivered - before


def server_s(pid: int | None) -> float:
    """Processor seconds of a server so far, of those of its processes that have ended too."""
    if pid is None:
        return 0.0
    server = psutil.Process(pid)
    own: Any = server.cpu_times()
    parts: list[float] = [own.user, own.system, own.children_user, own.children_system]
    for child in server.children(recursive=True):
        spent = child.cpu_times()
        parts += [spent.user, spent.system]
    return sum(parts)


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:60} {text}")
