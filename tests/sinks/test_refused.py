"""What a sink cannot do here, told in one sentence; and what it leaves alone, or clears away."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from pathlib import Path

import pytest
from nats.errors import NoRespondersError, NoServersError
from nats.js.errors import APIError

from klagg_tui.errors import SinkError
from klagg_tui.sinks.dataset import DatasetTarget
from klagg_tui.sinks.dataset_files import day_of
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.nats_connection import reason, require_library
from klagg_tui.sinks.place import OWN
from klagg_tui.sinks.place_bucket import BucketPlace
from klagg_tui.sinks.place_folder import FolderPlace
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.makers import DAY, MINUTE, START, bars
from tests.sinks.bucket import held
from tests.sinks.test_delivery import PERIODS, deliver

HOUR_S = 3_600


async def test_a_database_that_nothing_can_be_written_beside_is_told(tmp_path: Path) -> None:
    target = DatasetTarget(FolderPlace(tmp_path / "bars"), tmp_path / "missing" / "klagg.db")
    with pytest.raises(SinkError, match="nothing was delivered to"):
        await target.open("one")


async def test_where_the_file_system_has_no_locks_it_is_delivered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=PERIODS) as store, await SinkLog.open(path) as log:
        await store.add_confirmed(bars(40, START + DAY - 20 * MINUTE))
        target = DatasetTarget(FolderPlace(tmp_path / "bars"), path)
        await deliver(Delivery(log, target))
        await target.close()
    assert held(tmp_path / "bars")


@pytest.mark.parametrize("date", ["2024-02-30", "2024-13-01", "0000-01-01"])
def test_a_file_of_a_day_that_there_is_not_is_none_of_a_dataset(date: str) -> None:
    name = "venue=binance-um/symbol=BTCUSDT/period=1m/date={}/bars.parquet"
    assert day_of(name.format("2024-02-29")) is not None
    assert day_of(name.format(date)) is None


async def test_what_a_crash_left_half_written_is_cleared_away_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "bars")
    await place.prepare()
    left, fresh = (tmp_path / "bars" / OWN / name for name in ("1-a.part", "2-b.part"))
    for part in (left, fresh):
        part.write_bytes(b"half")
    long_ago_s = time.time() - 2 * HOUR_S
    os.utime(left, (long_ago_s, long_ago_s))
    await place.prepare()
    assert (left.exists(), fresh.exists()) == (False, True)


async def test_a_name_that_is_taken_by_a_folder_is_told_and_nothing_half_is_left(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "bars")
    await place.prepare()
    (tmp_path / "bars" / "a.parquet" / "b").mkdir(parents=True)
    with pytest.raises(SinkError, match="cannot be used"):
        await place.put("a.parquet", b"bars")
    assert list((tmp_path / "bars" / OWN).iterdir()) == []
    with pytest.raises(SinkError, match="cannot be used"):
        await place.get("a.parquet")


def test_without_the_library_each_says_which_extra_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("obstore", "obstore.store", "nats"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SinkError, match=r"pip install 'klagg-tui\[dataset\]'"):
        BucketPlace("s3://market/bars")
    with pytest.raises(SinkError, match=r"pip install 'klagg-tui\[nats\]'"):
        require_library()


@pytest.mark.parametrize(
    ("address", "option"), [("s3://market/bars?zone=1", "zone"), ("gs://market/bars?region=eu", "region")]
)
def test_an_option_that_a_bucket_does_not_have_is_named(address: str, option: str) -> None:
    with pytest.raises(SinkError, match=f"not {option}"):
        BucketPlace(address)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError(), "it does not answer"),
        (NoServersError(), "no server answers there"),
        (ConnectionRefusedError(), "no server answers there"),
        (NoRespondersError(), "the server keeps no streams, it must be started with JetStream (nats-server -js)"),
        (APIError(code=400, description="stream name already in use."), "stream name already in use"),
        (ValueError("nats: something odd."), "something odd"),
        (ValueError(), "ValueError"),
    ],
    ids=["silent", "nobody", "refused", "no streams", "told", "other", "nameless"],
)
def test_what_went_wrong_with_a_nats_server_is_said_in_a_few_words(error: Exception, told: str) -> None:
    assert reason(error) == told
