"""A dataset holds the whole days of the database, row by row, whatever changed in between and wherever it broke off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import polars as pl
import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.evidence import Evidence
from klagg_tui.sinks.dataset import DatasetTarget
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.place import Found
from klagg_tui.sinks.place_folder import FolderPlace
from klagg_tui.sinks.places import place_of
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.makers import DAY, MINUTE, START, bar, bars
from tests.sinks.bucket import held, is_equal, row_of, rows_of, same, stored
from tests.sinks.test_delivery import CHANGES, PERIODS, deliver

MIDNIGHT = START + DAY


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Store, SinkLog, DatasetTarget]]:
    target = DatasetTarget(FolderPlace(path.parent / "bars"), path)
    async with await Store.open(path, periods=PERIODS) as store, await SinkLog.open(path) as log:
        try:
            yield store, log, target
        finally:
            await target.close()


@pytest.fixture
async def all_of_it(tmp_path: Path) -> AsyncIterator[tuple[Store, SinkLog, DatasetTarget]]:
    async with opened(tmp_path / "klagg.db") as found:
        yield found


async def test_days_that_are_over_are_there_and_the_one_under_way_is_when_it_is_over(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    delivery = Delivery(log, target)
    await store.add_confirmed(bars(30, MIDNIGHT - 20 * MINUTE))
    await deliver(delivery)
    assert {row[3] for row in held(tmp_path / "bars")} == {"2024-08-08"}
    assert await is_equal(store, tmp_path / "bars")
    assert target.remark.endswith("those before 2024-08-09.")
    await store.write(Changes(ended=(bar(MIDNIGHT + DAY), bar(MIDNIGHT + DAY + 9 * MINUTE))))
    await delivery.step()
    assert {row[3] for row in held(tmp_path / "bars")} == {"2024-08-08", "2024-08-09"}
    assert await is_equal(store, tmp_path / "bars")


async def test_a_day_waits_until_its_last_bars_are_confirmed(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    await store.add_confirmed(bars(29, MIDNIGHT - 20 * MINUTE))
    await deliver(Delivery(log, target))
    assert held(tmp_path / "bars") == []
    assert target.remark.endswith("those before 2024-08-08.")


async def test_a_day_that_is_amended_is_replaced_whole_and_the_others_are_left_alone(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    delivery = Delivery(log, target)
    await store.add_confirmed(bars(40, MIDNIGHT - 20 * MINUTE))
    await store.add_confirmed(bars(40, MIDNIGHT + DAY - 20 * MINUTE))
    await deliver(delivery)
    files = {path: path.stat().st_ino for path in (tmp_path / "bars").rglob("*.parquet")}
    await store.add_confirmed([bar(MIDNIGHT - MINUTE, trade_count=99)])
    await delivery.step()
    changed = [path for path, number in files.items() if path.stat().st_ino != number]
    assert {path.parent.name for path in changed} == {"date=2024-08-08"}
    assert await is_equal(store, tmp_path / "bars")


async def test_what_is_unknown_is_null_and_every_digit_is_there(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    odd = bar(START, "0.000000123457", volume="123456789.00000001", state=State.CONFIRMED)
    odd = odd._replace(
        turnover=0,
        taker_buy_turnover=0,
        evidence=Evidence.NO_TURNOVER | Evidence.NO_TAKER_TURNOVER | Evidence.CANDLE_ONLY,
    )
    await store.add([odd], [])
    await store.add_confirmed(bars(1, MIDNIGHT + 9 * MINUTE))
    await deliver(Delivery(log, target))
    assert row_of(odd, None) in held(tmp_path / "bars")


async def test_weeks_and_months_stand_on_the_day_on_which_they_open(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    monday, month = START - 3 * DAY, START - 7 * DAY
    delivery = Delivery(log, target)
    await deliver(delivery)
    under_way = bar(monday, period=Period.W1, state=State.PARTIAL)
    await store.write(Changes((under_way,), (bar(MIDNIGHT + 9 * MINUTE),)))
    await delivery.step()
    assert held(tmp_path / "bars") == []
    await store.write(Changes(ended=(bar(monday, period=Period.W1), bar(month, period=Period.MO1))))
    for over, there in (
        (monday + 7 * DAY, {("1w", "2024-08-05")}),
        (month + 31 * DAY, {("1w", "2024-08-05"), ("1mo", "2024-08-01")}),
    ):
        await store.write(Changes(ended=(bar(over + 8 * MINUTE),)))
        await deliver(delivery)
        assert {(row[2], row[3]) for row in held(tmp_path / "bars") if row[2] in {"1w", "1mo"}} < there
        await store.write(Changes(ended=(bar(over + 9 * MINUTE),)))
        await deliver(delivery)
        assert {(row[2], row[3]) for row in held(tmp_path / "bars") if row[2] in {"1w", "1mo"}} == there
        assert await is_equal(store, tmp_path / "bars")


async def test_what_is_stored_of_a_week_under_way_waits_for_its_end_and_comes_once(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, log, target = all_of_it
    monday = START - 3 * DAY
    written: list[str] = []
    swap = FolderPlace.swap

    async def noted(place: FolderPlace, name: str, data: bytes, there: Found | None) -> bool:
        written.append(name)
        return await swap(place, name, data, there)

    monkeypatch.setattr(FolderPlace, "swap", noted)
    delivery = Delivery(log, target)
    await store.add_confirmed(bars(1, MIDNIGHT + 9 * MINUTE))
    week = bar(monday, period=Period.W1, state=State.PARTIAL)
    for trades in (5, 6, 7):
        week = week._replace(trade_count=trades)
        await store.add([week], [])
        await deliver(delivery)
    assert not [name for name in written if "period=1w" in name]
    await store.add_confirmed(bars(1, monday + 7 * DAY + 9 * MINUTE))
    await deliver(delivery)
    assert len([name for name in written if "period=1w" in name]) == 1
    assert row_of(week, None) in held(tmp_path / "bars")
    assert await is_equal(store, tmp_path / "bars")


async def test_bars_that_go_for_their_age_stay_and_wait_until_their_day_is_over(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    delivery = Delivery(log, target)
    first = bars(60, START)
    await store.add_confirmed(first)
    await deliver(delivery)
    assert await store.delete_before(Period.M1, START + 30 * MINUTE) == 0
    await store.add_confirmed(bars(10, MIDNIGHT + 5 * MINUTE))
    await delivery.step()
    everything = held(tmp_path / "bars")
    assert len([row for row in everything if row[2] == "1m"]) == 60
    assert await store.delete_before(Period.M1, START + 30 * MINUTE) == 30
    await store.add_confirmed([first[45]._replace(trade_count=999)])
    while await delivery.step():
        pass
    kept = [row for row in held(tmp_path / "bars") if row[2] == "1m"]
    assert len(kept) == 60
    assert row_of(first[45]._replace(trade_count=999, state=State.CONFIRMED), None) in kept
    assert [row for row in kept if row[4] < START + 30 * MINUTE] == [
        row for row in everything if row[2] == "1m" and row[4] < START + 30 * MINUTE
    ]


async def test_what_was_taken_back_goes_and_its_file_with_it(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    delivery = Delivery(log, target)
    await store.add_confirmed(bars(30, START))
    await store.write(Changes(ended=(bar(START + 5 * DAY), bar(START + 9 * DAY))))
    await deliver(delivery)
    assert {row[3] for row in held(tmp_path / "bars")} == {"2024-08-08", "2024-08-13"}
    await store.remove_future(START + DAY + 10 * MINUTE)
    await store.add_confirmed(bars(30, MIDNIGHT))
    await delivery.step()
    assert await is_equal(store, tmp_path / "bars")
    assert not list((tmp_path / "bars").rglob("*08-13*"))


async def test_a_day_that_is_not_over_after_all_goes_until_it_is(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    delivery = Delivery(log, target)
    await store.add_confirmed([*bars(30, START), *bars(5, MIDNIGHT)])
    await store.write(Changes(ended=(bar(START + 5 * DAY),)))  # of a clock that was wrong
    await deliver(delivery)
    assert {row[3] for row in held(tmp_path / "bars")} == {"2024-08-08", "2024-08-09"}
    await store.remove_future(MIDNIGHT + 12 * MINUTE)
    await store.add_confirmed(bars(12, MIDNIGHT))
    await delivery.step()
    assert {row[3] for row in held(tmp_path / "bars")} == {"2024-08-08"}
    assert await is_equal(store, tmp_path / "bars")


async def test_a_day_of_which_nothing_is_left_goes(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    delivery = Delivery(log, target)
    await CHANGES["flat"](store, 0, 10)
    await store.add_confirmed(bars(12, MIDNIGHT, symbol="ETHUSDT"))
    await deliver(delivery)
    assert held(tmp_path / "bars")
    await CHANGES["flat taken back"](store, 0, 10)
    while await delivery.step():
        pass
    assert await is_equal(store, tmp_path / "bars")
    assert not [row for row in held(tmp_path / "bars") if row[2] == "1m"]


async def test_two_do_not_deliver_from_one_file_to_one_place(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    await deliver(Delivery(log, target))
    other = DatasetTarget(FolderPlace(tmp_path / "bars"), store.path)
    try:
        with pytest.raises(SinkError, match="Another klagg"):
            await other.open("one")
        await target.close()
        await other.open("one")
    finally:
        await other.close()


async def test_another_recorders_files_stay(all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path) -> None:
    store, log, target = all_of_it
    await store.add_confirmed(bars(40, MIDNIGHT - 20 * MINUTE))
    await deliver(Delivery(log, target))
    (tmp_path / "b").mkdir()
    other = DatasetTarget(FolderPlace(tmp_path / "bars"), tmp_path / "b" / "klagg.db")
    async with (
        await Store.open(tmp_path / "b" / "klagg.db", periods=PERIODS) as second,
        await SinkLog.open(tmp_path / "b" / "klagg.db") as second_log,
    ):
        await second.add_confirmed(bars(40, MIDNIGHT - 20 * MINUTE, symbol="ETHUSDT"))
        await deliver(Delivery(second_log, other))
        await other.close()
        both = rows_of([*await stored(store), *await stored(second)])
    assert same(held(tmp_path / "bars"), both)


async def test_a_position_that_nobody_can_read_is_told(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    _, log, target = all_of_it
    await deliver(Delivery(log, target))
    (kept,) = (tmp_path / "bars" / "_klagg").glob("*.json")
    good = json.loads(kept.read_text())
    for bad in ("", "[]", "{}", json.dumps(good | {"place": [1]}), json.dumps(good | {"before": "x"})):
        kept.write_text(bad)
        with pytest.raises(SinkError, match="delete it"):
            await Delivery(log, target).begin()
    kept.write_text(json.dumps(good | {"version": 2}))
    with pytest.raises(SinkError, match="newer"):
        await Delivery(log, target).begin()


async def test_a_folder_is_made_but_not_the_one_it_is_in(tmp_path: Path) -> None:
    with pytest.raises(SinkError) as failed:
        await FolderPlace(tmp_path / "missing" / "our bars").prepare()
    assert f"({tmp_path}/missing: there is no such folder, and klagg makes only the last one)." in str(failed.value)
    (tmp_path / "a file").touch()
    with pytest.raises(SinkError) as failed:
        await FolderPlace(tmp_path / "a file").prepare()
    assert f"({tmp_path}/a file: File exists)." in str(failed.value)
    await FolderPlace(tmp_path / "bars").prepare()


async def test_names_with_odd_signs_are_read_back(tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log, target):
        names = ("币安人生USDT", "007", "A/B:C", "1000%")
        for name in names:
            await store.add_confirmed(bars(40, MIDNIGHT - 20 * MINUTE, symbol=name))
        await deliver(Delivery(log, target))
        assert {row[1] for row in held(tmp_path / "bars")} == set(names)
        await log._writer.rows("UPDATE sinks SET is_dropped = 1")
        await deliver(Delivery(log, target))
        assert await is_equal(store, tmp_path / "bars")


@pytest.mark.parametrize(
    "address", ["s3://", "file://here/x", "file:///", "http://x/y", "s3://b/x?port=3", "gs://b/x?region=a"]
)
def test_an_address_that_means_nothing_is_refused(address: str) -> None:
    with pytest.raises(SinkError):
        place_of(address)


async def test_whoever_reads_while_days_are_replaced_finds_them_whole(
    all_of_it: tuple[Store, SinkLog, DatasetTarget], tmp_path: Path
) -> None:
    store, log, target = all_of_it
    delivery = Delivery(log, target)
    day = bars(1440, START)
    await store.add_confirmed([*day, *bars(20, MIDNIGHT)])
    await deliver(delivery)
    is_over = False

    def read() -> list[tuple[int, int]]:
        seen = []
        while not is_over:
            frame = pl.scan_parquet(tmp_path / "bars/**/*.parquet", hive_partitioning=True)
            minutes = frame.filter(pl.col("period") == "1m").select("count").collect()["count"]
            seen.append((len(minutes), minutes.n_unique()))
        return seen

    reading = asyncio.create_task(asyncio.to_thread(read))
    try:
        for number in range(10):
            await store.add_confirmed([one._replace(trade_count=1000 + number) for one in day])
            while await delivery.step():
                pass
    finally:
        is_over = True
        seen = await reading
    assert {rows for rows, _ in seen} == {1440}
    assert {kinds for _, kinds in seen} <= {1440, 1}
