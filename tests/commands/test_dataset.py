"""`klagg push` and `--dataset`: whole days as files, in a folder and in a bucket of a real server."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from klagg_tui.simulator import MarketSpec
from klagg_tui.storage.store import Store
from tests.commands.beside import at, exchange, has_bars, once, signalled, wait_for
from tests.commands.test_push import recording
from tests.makers import DAY, MINUTE, START, bars
from tests.patience import WAIT_S
from tests.ports import free_port
from tests.shell import Klagg
from tests.sinks.bucket import Bucket, Row, held, rows_of, same, stored

in_here = pytest.mark.usefixtures("whole_program")
EVE = START + DAY - 20 * MINUTE
MARKET = MarketSpec(symbols=2, activity=5.0, history_days=3)
LONG = ("--history", "2500", "--flush-seconds", "0.2", "--dataset-seconds", "0.2")
"""Nearly two days of minutes."""


def made(path: Path, *days: int) -> None:
    async def make() -> None:
        async with await Store.open(path, market="binance-um") as store:
            for day in days:
                await store.add_confirmed(bars(40, EVE + day * DAY))

    asyncio.run(make())


def here(path: Path, venue: str | None) -> list[Row]:
    """The whole days of a database."""

    async def read() -> list[Row]:
        async with await Store.open(path, read_only=True) as store:
            return rows_of(await stored(store), venue)

    return asyncio.run(read())


def count(path: Path) -> int:
    """Bars that are stored."""
    if not has_bars(path):
        return 0
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM history").fetchone()[0])


def equal(folder: Path, path: Path) -> bool:
    found = held(folder)
    return same(found, here(path, found[0][0] if found else None))


def test_whole_days_are_pushed_and_afterwards_those_that_changed(klagg: Klagg, tmp_path: Path) -> None:
    made(tmp_path / "a.db", 0)
    where = (tmp_path / "bars").as_uri()
    said = klagg("push", where, "--db", "a.db")
    assert said.status == 0, said.err
    assert f"bars delivered to {where}." in said.out
    assert "A dataset holds whole days (UTC): those before 2024-08-09." in said.out
    assert equal(tmp_path / "bars", tmp_path / "a.db")
    assert {row[0] for row in held(tmp_path / "bars")} == {"binance-um"}
    made(tmp_path / "a.db", 1)
    again = klagg("push", where, "--db", "a.db")
    assert "before 2024-08-10" in again.out
    assert equal(tmp_path / "bars", tmp_path / "a.db")
    assert klagg("push", where, "--db", "a.db").out.startswith("0 bars")
    assert "Nothing is kept" in klagg("push", where, "--forget", "--db", "a.db").out


def test_what_is_no_place_for_a_dataset_is_told(klagg: Klagg, tmp_path: Path) -> None:
    made(tmp_path / "a.db", 0)
    missing = klagg("push", (tmp_path / "missing" / "bars").as_uri(), "--db", "a.db")
    assert missing.status == 1
    assert f"{tmp_path / 'missing'}: there is no such folder" in missing.err
    assert "Traceback" not in missing.err
    for bad in ("ftp://a/b", "file://bars", "s3://key:secret@bucket/x"):
        wrong = klagg("record", "--dataset", bad)
        assert wrong.status == 2
        assert "--dataset" in wrong.err
        assert "must be an address like s3://BUCKET/FOLDER" in " ".join(wrong.err.split())


@in_here
def test_days_that_are_over_are_written_while_bars_are_recorded(klagg: Klagg, tmp_path: Path) -> None:
    folder = tmp_path / "bars"
    with exchange(MARKET) as market, once(lambda: bool(held(folder)), partial(signalled, signal.SIGTERM)):
        said = klagg("record", *at(market), *LONG, "--db", "a.db", "--log-path", "a.log", "--dataset", folder.as_uri())
    assert said.status == 0, said.err
    assert said.out.startswith(f"Recording into a.db and delivering to {folder.as_uri()}.")
    assert equal(folder, tmp_path / "a.db")


@in_here
def test_a_bucket_that_is_not_there_is_told_and_recording_goes_on(klagg: Klagg, tmp_path: Path) -> None:
    nowhere = f"s3://market/bars?endpoint=http://127.0.0.1:{free_port()}"
    with exchange() as market, once(partial(has_bars, tmp_path / "a.db"), partial(signalled, signal.SIGTERM)):
        said = klagg("record", *at(market), "--db", "a.db", "--log-path", "a.log", "--dataset", nowhere)
    assert said.status == 0
    assert "Stopped; the last state is written." in said.out
    assert "lacks some bars still; it is given them at the next start." in said.err


def test_killed_again_and_again_each_whole_day_is_there_as_it_is_stored(bucket: Bucket, tmp_path: Path) -> None:
    folder, path = bucket.folder / "bars", tmp_path / "a.db"
    with exchange(MARKET, speed=20.0, faults="all") as market:
        options = (*at(market), *LONG, "--dataset", bucket.address())
        for number in range(5):
            seen = count(path)
            with recording(tmp_path, *options) as process:
                wait_for(lambda seen=seen: count(path) > seen)  # type: ignore[misc]
                time.sleep(number * 0.3)
                if number < 4:
                    bucket.kill()
                    time.sleep(0.2)
                else:
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(WAIT_S) == 0, (tmp_path / "out").read_text()
            bucket.kill()
            bucket.start()
    assert held(folder)
    assert equal(folder, path)
    assert "anew" not in (tmp_path / "out").read_text()
