"""Files in and out: rows a second and peak memory of imports, ten million trades and a year of klines, and exports, ten million bars.

Each measured step runs in a process of its own, so that its peak is its own. `python -m bench.files --rows 500000` is
the same on a small scale.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS = 10_000_000
SYMBOLS = 20
FIRST_MS = 1_723_075_200_000
DAY_MS = 86_400_000
MADE_AT_ONCE = 100_000
KLINES = 525_600
KLINES_FROM_MS = 1_672_531_200_000
"""A year of minutes, 2023."""

FILL = """
WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < :last)
INSERT INTO history
SELECT s.id, 0, :first + n.value, 2, 1 | (3 << 4) | (4 << 8), p.value, p.value + 300, p.value - 400, p.value + 100,
    abs(random() % 90000000), abs(random() % 9000000000000), abs(random() % 9000), abs(random() % 90000000),
    abs(random() % 9000000000000)
FROM symbols AS s CROSS JOIN n CROSS JOIN (SELECT 600001 AS value) AS p
"""


VALUES = (
    "symbol, period, minute, state, scale, open + 0, high + 0, low + 0, close + 0, volume + 0, turnover + 0, trade_count + 0, "
    "taker_buy_volume + 0, taker_buy_turnover + 0"
)


def figures(rows: int = ROWS) -> list[tuple[str, str]]:
    """Name and text of each figure."""
    return list(measured_figures(rows))


def measured_figures(rows: int) -> Iterator[tuple[str, str]]:
    """The same, each as soon as it is known: all of them take a quarter of an hour."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "BTCUSDT-aggTrades-2024-08-08.csv"
        write_archive(archive, rows)
        yield f"files: import {rows:,} trades, CSV", told(child("import", archive, folder / "trades.db"))
        archive.unlink()
        klines = folder / "BTCUSDT-1m-2023-01.csv"
        count = write_klines(klines, min(KLINES, rows))
        for what in ("klines", "klines once more"):
            yield f"files: import {count:,} {what}", told(child("klines", klines, folder / "klines.db"))
        yield "files: SQLite alone, such rows", told(child("rows", folder / "klines.db"))
        bars = folder / "bars.db"
        asyncio.run(fill(bars, rows))
        for form in ("csv", "jsonl", "parquet", "arrow"):
            target = folder / f"bars.{form}"
            figure = child("export", bars, target, form)
            yield f"files: export {figure['rows']:,} bars, {form}", told(figure)
            yield f"files: size of that {form}", f"{target.stat().st_size / 1e6:,.0f} MB"
            target.unlink()


def told(figure: dict[str, float]) -> str:
    """One measured step for a person."""
    rate, busy = figure["rows"] / figure["seconds"], figure["rows"] / figure["cpu"]
    return f"{rate:,.0f} rows/s ({busy:,.0f} a second of CPU), peak {figure['peak_mb']:.0f} MB"


def write_archive(path: Path, rows: int) -> None:
    """An archive of one day in the exchange's columns, as busy as it takes."""
    made = random.Random(8)
    price, fill_id = 617_000, 1
    with path.open("w") as file:
        file.write("agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n")
        numbers = iter(range(rows))
        while part := list(islice(numbers, MADE_AT_ONCE)):
            lines = []
            for number in part:
                draw = made.random()
                price += (draw < 0.1) - (draw > 0.9)
                fills = 1 + (draw > 0.6) + (draw > 0.8)
                size = (1, 2, 5, 10, 100)[int(draw * 1000) % 5] if draw < 0.5 else int(draw * 3_000_000) % 3000 + 1
                lines.append(
                    f"{number + 1},{price // 10}.{price % 10}0,{size // 1000}.{size % 1000:03},{fill_id},"
                    f"{fill_id + fills - 1},{FIRST_MS + number * DAY_MS // rows},{'true' if draw < 0.5 else 'false'}\n"
                )
                fill_id += fills
            file.writelines(lines)


def write_klines(path: Path, rows: int) -> int:
    """An archive of so many minutes in the exchange's columns, each with trades."""
    made, price = random.Random(5), 2_000_000
    with path.open("w") as file:
        file.write("open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,")
        file.write("taker_buy_quote_volume,ignore\n")
        for number in range(rows):
            opened, price = price, price + made.randint(-300, 300)
            high, low = max(opened, price) + made.randint(0, 200), min(opened, price) - made.randint(0, 200)
            volume = made.randint(1_000, 900_000)
            bought, open_ms = volume * made.randint(1, 99) // 100, KLINES_FROM_MS + number * 60_000
            prices = ",".join(f"{one / 100:.2f}" for one in (opened, high, low, price))
            paid = (
                f"{volume * low // 10**5}.{volume * low % 10**5:05}",
                f"{bought * low // 10**5}.{bought * low % 10**5:05}",
            )
            file.write(
                f"{open_ms},{prices},{volume / 1000:.3f},{open_ms + 59_999},{paid[0]},{made.randint(100, 5_000)},"
                f"{bought / 1000:.3f},{paid[1]},0\n"
            )
    return rows


async def fill(path: Path, rows: int) -> None:
    """A database that holds so many 1m bars."""
    from klagg_tui.storage.store import Store
    from klagg_tui.storage.symbols import StoredSymbol

    async with await Store.open(path) as store:
        await store.put_symbols([StoredSymbol(f"S{number:02}USDT") for number in range(SYMBOLS)])
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(FILL, {"first": FIRST_MS // 60_000, "last": rows // SYMBOLS - 1})
    connection.close()


def child(*args: str | Path) -> dict[str, float]:
    """Run one step by itself; rows, seconds, seconds of CPU and peak memory."""
    command = [sys.executable, "-m", "bench.files", "--step", *map(str, args)]
    done = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    figure: dict[str, float] = json.loads(done.stdout)
    return figure


async def import_step(archive: str, database: str) -> int:
    """As `klagg import` does it."""
    from klagg_tui.importing.importer import import_files
    from klagg_tui.storage.store import Store

    async with await Store.open(Path(database)) as store:
        outcome = await import_files(store, [Path(archive)])
    assert outcome.tally.bad == outcome.gaps == 0
    return outcome.trades


async def klines_step(archive: str, database: str) -> int:
    """The same of klines."""
    from klagg_tui.importing.importer import import_files
    from klagg_tui.storage.store import Store

    async with await Store.open(Path(database)) as store:
        outcome = await import_files(store, [Path(archive)], market="um")
    assert outcome.tally.bad == 0
    return outcome.bars


async def rows_step(database: str) -> int:
    """What SQLite takes to lay rows down that it has in another table of the same file: none is read, checked or handed over.

    Values are added to, because it copies rows as they are where nothing is done to them.
    """
    with sqlite3.connect(database, isolation_level=None) as connection:
        made = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'history'").fetchone()[0]
        connection.execute(made.replace("history", "alone", 1))
        return connection.execute(f"INSERT INTO alone SELECT {VALUES} FROM history").rowcount


async def export_step(database: str, target: str, form: str) -> int:
    """As `klagg export` does it."""
    from klagg_tui.exporting.exporter import export
    from klagg_tui.exporting.formats import load
    from klagg_tui.exporting.selection import Selection
    from klagg_tui.storage.store import Store

    async with await Store.open(Path(database), read_only=True) as store:
        return (await export(store, Selection(), Path(target), load(form))).bars


def measured(step: str, args: list[str]) -> dict[str, float]:
    """What a step took."""
    steps = {"import": import_step, "klines": klines_step, "rows": rows_step, "export": export_step}
    began, busy = time.perf_counter(), time.process_time()
    rows = asyncio.run(steps[step](*args))
    return {
        "rows": rows,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - busy,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """All figures, or one step for its parent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--step", nargs="+")
    chosen = parser.parse_args()
    if chosen.step:
        print(json.dumps(measured(chosen.step[0], chosen.step[1:])))
        return
    for name, text in measured_figures(chosen.rows):
        print(f"{name:<55} {text}", flush=True)


if __name__ == "__main__":
    main()
