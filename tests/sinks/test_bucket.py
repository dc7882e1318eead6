"""A dataset in a bucket of a real server that is killed, cut off and slow."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.errors import SinkError
from klagg_tui.sinks import sender
from klagg_tui.sinks.dataset import DatasetTarget
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.place_bucket import BucketPlace
from klagg_tui.sinks.sender import Sender
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.makers import DAY, MINUTE, START, bar, bars
from tests.patience import WAIT_S
from tests.sinks.bucket import KEYS, Bucket, held, held_by_now, rows_of, same, stored
from tests.sinks.line import Line
from tests.sinks.test_delivery import CHANGES, PERIODS, deliver

EVE = START + DAY - 20 * MINUTE


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "PAUSES_S", (0.05,))
    monkeypatch.setattr(sender, "LOOK_S", 0.05)


@contextmanager
def sending(path: Path, address: str) -> Iterator[Sender]:
    made = Sender(path, DatasetTarget(BucketPlace(address), path))
    made.start()
    try:
        yield made
    finally:
        made.stop()


async def until_equal(store: Store, folder: Path) -> None:
    async with asyncio.timeout(WAIT_S):
        while not same(held_by_now(folder), rows_of(await stored(store))):  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0.05)


async def test_what_the_database_holds_of_days_that_are_over_is_in_the_bucket(bucket: Bucket, tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS, market="binance-um") as store:
        for name in ("BTCUSDT", "币安人生USDT"):
            await store.add_confirmed(bars(40, EVE, symbol=name))
        async with await SinkLog.open(store.path) as log:
            target = DatasetTarget(BucketPlace(bucket.address()), store.path)
            await deliver(Delivery(log, target))
            await target.close()
        expected = rows_of(await stored(store), "binance-um")
    assert same(held(bucket.folder / "bars"), expected)
    # Byte for byte by S3's own way; rclone's server has no ranges, by which Polars would read a part of a file.
    place = BucketPlace(bucket.address())
    names = [name for name in await place.names() if name.endswith(".parquet") and "symbol=BTCUSDT/period=1m" in name]
    assert names == ["venue=binance-um/symbol=BTCUSDT/period=1m/date=2024-08-08/bars.parquet"]
    found = await place.get(names[0])
    assert found is not None
    closes = pl.read_parquet(found.data)["close"].to_list()
    assert closes == [row[8] for row in expected if row[1] == "BTCUSDT" and row[2] == "1m"]


async def test_what_happens_while_the_server_is_dead_is_there_when_it_is_back(bucket: Bucket, tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        with sending(store.path, bucket.address()) as made:
            for number in range(5):
                await store.add_confirmed(bars(40, EVE + number * DAY))
                await asyncio.to_thread(bucket.kill)
                await store.add_confirmed([bars(9, EVE)[number]._replace(trade_count=1000 + number)])
                await store.write(Changes(ended=(bar(EVE + number * DAY + 60 * MINUTE),)))
                async with asyncio.timeout(WAIT_S):
                    while not made.notices:  # noqa: ASYNC110 - another thread's
                        await asyncio.sleep(0.02)
                assert "does not answer" in made.notices[0]
                assert not any(key in made.notices[0] for key in KEYS.values())
                await asyncio.to_thread(bucket.start)
            await until_equal(store, bucket.folder / "bars")
            async with asyncio.timeout(WAIT_S):
                while made.notices:  # noqa: ASYNC110 - another thread's
                    await asyncio.sleep(0.02)


async def test_a_line_that_is_cut_holds_up_nothing(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.sinks.place_bucket._ANSWER_S", 1)
    async with (
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        Line(bucket.port) as line,
    ):
        with sending(store.path, bucket.address(port=line.port)) as made:
            await store.add_confirmed(bars(40, EVE))
            await until_equal(store, bucket.folder / "bars")
            line.is_cut = True
            await store.add_confirmed(bars(40, EVE + DAY))
            async with asyncio.timeout(WAIT_S):
                while not made.notices:  # noqa: ASYNC110 - another thread's
                    await asyncio.sleep(0.02)
            await store.add_confirmed(bars(40, EVE + 2 * DAY))
            line.is_cut = False
            await until_equal(store, bucket.folder / "bars")


async def test_wrong_keys_are_told_in_a_sentence(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    async with await Store.open(tmp_path / "klagg.db") as store:
        target = DatasetTarget(BucketPlace(bucket.address()), store.path)
        with pytest.raises(SinkError) as told:
            await target.open("one")
        await target.close()
    assert "\n" not in str(told.value)
    assert "are the keys right" in str(told.value)
    assert str(told.value).startswith("s3://market/bars?endpoint=")


@pytest.mark.parametrize("seed", range(3))
async def test_in_any_order_of_changes_and_kills_the_bucket_ends_equal_to_the_store(
    bucket: Bucket, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        for _ in range(5):
            with sending(store.path, bucket.address()):
                for _ in range(6):
                    first = chance.randint(0, 3) * 1440 + chance.randint(-20, 10)
                    await CHANGES[chance.choice(sorted(CHANGES))](store, first, chance.randint(1, 12))
                    if chance.random() < 0.4:
                        await asyncio.sleep(chance.random() / 5)
                        await asyncio.to_thread(bucket.kill)
                        await asyncio.to_thread(bucket.start)
        with sending(store.path, bucket.address()):
            await until_equal(store, bucket.folder / "bars")
