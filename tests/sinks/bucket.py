"""A real server of buckets on a loopback port, rclone's, that can be killed; and what a dataset holds, as DuckDB reads it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.binance.archive import period_in_name
from klagg_tui.sinks.dataset import SETTLED_MS
from klagg_tui.storage.store import Store
from tests.patience import WAIT_S
from tests.ports import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "a-key-of-klagg", "AWS_SECRET_ACCESS_KEY": "a-secret-of-klagg"}
PROGRAM = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
Row = tuple[Any, ...]
_ROWS = """
SELECT venue, symbol, period, strftime(date, '%Y-%m-%d'), epoch_ms(open_time), open, high, low, close, volume, quote_volume, count,
    taker_buy_volume, taker_buy_quote_volume, state::VARCHAR, witness::VARCHAR
FROM read_parquet(?, hive_partitioning = true, hive_types = {'date': DATE, 'symbol': VARCHAR}) ORDER BY ALL
"""


class Bucket:
    """A server with one bucket, `market`, whose files are in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder / "market"
        self.folder.mkdir()
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, folder: str = "bars", port: int | None = None) -> str:
        return f"s3://market/{folder}?endpoint=http://127.0.0.1:{port or self.port}&region=us-east-1"

    def start(self) -> None:
        assert PROGRAM is not None
        key = ",".join(KEYS.values())
        where = ("--addr", f"127.0.0.1:{self.port}", "--auth-key", key, "--config", os.devnull)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve", "s3", *where, str(self.folder.parent)], stdout=log, stderr=log
            )
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process.poll() is None, self._log.read_text()
            time.sleep(0.05)
        raise AssertionError(self._log.read_text())

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(WAIT_S)
            self._process = None


@contextmanager
def serving_bucket(folder: Path) -> Iterator[Bucket]:
    folder.mkdir()
    bucket = Bucket(folder)
    bucket.start()
    try:
        yield bucket
    finally:
        bucket.kill()


def held(folder: Path) -> list[Row]:
    """What is in a dataset, as DuckDB reads it."""
    if not any(folder.rglob("*.parquet")):
        return []
    with duckdb.connect() as database:
        return database.execute(_ROWS, [f"{folder}/**/*.parquet"]).fetchall()


def held_by_now(folder: Path) -> list[Row]:
    """The same while a server may be writing a file, which only whoever asks the server sees whole: nothing then."""
    try:
        return held(folder)
    except duckdb.Error:
        return []


def rows_of(bars: Iterable[Bar], venue: str | None = None) -> list[Row]:
    """The same of bars, those of days that are over."""
    ended = list(bars)
    times = (bar.end_ms if bar.period is Period.M1 else bar.open_ms for bar in ended)
    over = (max(times, default=0) - SETTLED_MS) // DAY_MS
    return sorted((row_of(bar, venue) for bar in ended if bar.end_ms <= over * DAY_MS), key=repr)


def row_of(bar: Bar, venue: str | None) -> Row:
    def known(value: object, lack: Evidence) -> object:
        return None if bar.evidence & lack else value

    return (
        venue,
        bar.symbol,
        period_in_name(bar.period),
        time.strftime("%Y-%m-%d", time.gmtime(bar.open_ms // 1000)),
        bar.open_ms,
        *map(price_as_decimal, (bar.open, bar.high, bar.low, bar.close)),
        quantity_as_decimal(bar.volume),
        known(turnover_as_decimal(bar.turnover), Evidence.NO_TURNOVER),
        known(bar.trade_count, Evidence.NO_COUNT),
        known(quantity_as_decimal(bar.taker_buy_volume), Evidence.NO_TAKER_VOLUME),
        known(turnover_as_decimal(bar.taker_buy_turnover), Evidence.NO_TAKER_TURNOVER),
        bar.state.label,
        Evidence(bar.evidence).witness if bar.state is State.CONFIRMED else None,
    )


async def stored(store: Store) -> list[Bar]:
    """All bars of the database that are over."""
    over = [state for state in State if state is not State.FORMING]
    under_way = set(await store.current())  # of which a partial one says so at once
    found: list[Bar] = []
    for name, periods in (await store.stored_periods()).items():
        for period in periods:
            found += [bar async for bar in store.bars(name, period, states=over)]
    return [bar for bar in found if bar not in under_way]


def same(one: list[Row], other: list[Row]) -> bool:
    """Whether the rows are, in whatever order; decimals by their worth."""
    return sorted(one, key=lambda row: row[1:5]) == sorted(other, key=lambda row: row[1:5])


async def is_equal(store: Store, folder: Path) -> bool:
    """Whether a dataset holds the whole days of a database."""
    return same(held(folder), rows_of(await stored(store)))
