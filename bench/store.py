"""The database: what a flush of the whole market costs in a file of five million bars, and how large that file is."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.engine.spans import Span
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol

SYMBOLS = tuple(f"S{number:03}USDT" for number in range(500))
MINUTES = 10_000
FLUSHES = 120
FIRST_MS = 1_723_075_200_000
NEXT_MS = FIRST_MS + MINUTES * MINUTE_MS
FLUSHES_A_MINUTE = 10

PRICE = "(10000 + (s.id * 9770 + m.value) % 700000)"
FILL = f"""
INSERT INTO history
SELECT s.id, 0, :first + m.value, 3, 1 | (3 << 4) | (4 << 8), {PRICE}, {PRICE} + 300, {PRICE} - 400, {PRICE} + 100,
    abs(random() % 90000000), abs(random() % 9000000000000), abs(random() % 900),
    abs(random() % 90000000), abs(random() % 9000000000000)
FROM symbols AS s
    CROSS JOIN (WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < :last) SELECT value FROM n) AS m
"""
"""Prices with one decimal, quantities with three: what large contracts have."""


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "klagg.db"
        asyncio.run(fill(path))
        found = [("store: five million bars on the disk", f"{path.stat().st_size / 1e6:,.0f} MB")]
        found += asyncio.run(flush_figures(path, ""))
        with busy_thread():
            found += asyncio.run(flush_figures(path, " beside a busy thread"))
        found += asyncio.run(read_figures(path))
        found.append(asyncio.run(columns_figure(path)))
    return found


async def fill(path: Path) -> None:
    """A file that already holds five million bars."""
    async with await Store.open(path) as store:
        await store.put_symbols([StoredSymbol(symbol) for symbol in SYMBOLS])
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(FILL, {"first": FIRST_MS // MINUTE_MS, "last": MINUTES - 1})
    connection.close()


async def flush_figures(path: Path, beside: str) -> list[tuple[str, str]]:
    """Flushes of 3,500 current bars; every tenth also ends a minute, so that 500 bars move to the history."""
    plain: list[float] = []
    ending: list[float] = []
    cpu_s = 0.0
    async with await Store.open(path) as store:
        for number_of in range(FLUSHES):
            batch = flush(number_of)
            began, began_cpu = time.perf_counter(), time.process_time()
            await store.write(batch)
            (ending if batch.ended else plain).append((time.perf_counter() - began) * 1000)
            cpu_s += time.process_time() - began_cpu
    return [
        (f"store: flush of 3,500 dirty bars{beside}", spread(plain)),
        (f"store: the same at a minute's end{beside}", spread(ending)),
        (f"store: CPU time of both{beside}", f"{cpu_s / FLUSHES * 1000:.0f} ms a flush"),
    ]


async def read_figures(path: Path) -> list[tuple[str, str]]:
    """What a start reads."""
    async with await Store.open(path) as store:
        began = time.perf_counter()
        current = await store.current()
        middle = time.perf_counter()
        latest = await store.latest((Period.M1,), 60)
        then = time.perf_counter()
        seeds = [await store.seed(symbol, NEXT_MS) for symbol in sorted({bar.symbol for bar in current})]
        end = time.perf_counter()
    return [
        ("store: read the current bars", f"{(middle - began) * 1000:.0f} ms for {len(current):,}"),
        ("store: read the last 60 of every symbol", f"{(then - middle) * 1000:.0f} ms for {len(latest):,}"),
        (
            "store: read what all engines begin with",
            f"{(end - then) * 1000:.0f} ms for {sum(map(len, seeds)):,}",
        ),
    ]


async def columns_figure(path: Path) -> tuple[str, str]:
    """A day of minutes of every symbol with all fields, as a screener reads it."""
    rows = 0
    async with await Store.open(path, read_only=True) as store:
        began, began_cpu = time.perf_counter(), time.process_time()
        for symbol in SYMBOLS:
            rows += len((await store.columns(symbol, Period.M1, NEXT_MS - 1_440 * MINUTE_MS)).open_ms)
        cpu_s, wall_s = time.process_time() - began_cpu, time.perf_counter() - began
    return (
        "store: read a day of minutes as columns",
        f"{cpu_s / rows * 1e6:.2f} µs of CPU a row, {wall_s:.1f} s for {rows:,}",
    )


def flush(number_of: int) -> Changes:
    """What changed in a whole market since the flush before."""
    minute_ms = NEXT_MS + number_of // FLUSHES_A_MINUTE * MINUTE_MS
    forming = tuple(
        bar(symbol, period, period.open_ms(minute_ms), number_of) for symbol in SYMBOLS for period in DEFAULT_PERIODS
    )
    ended = number_of and number_of % FLUSHES_A_MINUTE == 0
    closed = tuple(
        bar(symbol, Period.M1, minute_ms - MINUTE_MS, number_of)._replace(state=State.CLOSED)
        for symbol in SYMBOLS
        if ended
    )
    to_ms = minute_ms + number_of % FLUSHES_A_MINUTE * (MINUTE_MS // FLUSHES_A_MINUTE)
    spans = tuple(Span(symbol, 1, 1000 + number_of, NEXT_MS - 1, to_ms) for symbol in SYMBOLS)
    return Changes(forming, closed, spans)


def bar(symbol: str, period: Period, open_ms: int, step: int) -> Bar:
    """A bar of a symbol with prices of its own."""
    price = parsing.price(f"{1000 + int(symbol[1:4]) * 97 % 9000 + step}.5")
    volume = parsing.quantity(f"{100 + step}.125")
    return Bar(
        symbol,
        period,
        open_ms,
        price,
        price,
        price,
        price,
        volume,
        volume * price,
        step,
        volume,
        volume * price,
        State.FORMING,
    )


def spread(taken: list[float]) -> str:
    """Median and 99th percentile."""
    ranked = sorted(taken)
    p99 = ranked[min(len(ranked) - 1, int(len(ranked) * 0.99))]
    return f"p50 {ranked[len(ranked) // 2]:.0f} ms, p99 {p99:.0f} ms ({len(ranked)} flushes)"


@contextmanager
def busy_thread() -> Iterator[None]:
    """A thread that computes all the time, as an engine in a storm does, at the engine's switch interval."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    ended = threading.Event()

    def compute() -> None:
        while not ended.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        sys.setswitchinterval(before)


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<55} {text}")
