"""Looking after the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import audit
from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import DiskError, NotADatabase, StorageError
from klagg_tui.storage.maintenance import Counts, Holding, Retention
from klagg_tui.storage.opening import open_writer
from klagg_tui.storage.schema import MIGRATIONS, READABLE
from klagg_tui.storage.store import Store
from tests.filed import all_of, file_in, listed
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL, bar, bars, trades


def copies(folder: Path) -> list[Path]:
    return list(folder.glob("**/*copy*"))


async def test_what_is_stored_is_summed_up(store: Store) -> None:
    await store.add(bars(4), [])
    await store.add_confirmed(bars(2))
    await store.write(Changes((bar(START + 4 * MINUTE, state=State.FORMING),)))
    minutes, *larger = await store.summary()
    assert minutes == Holding(SYMBOL, Period.M1, 4, START, START + 3 * MINUTE, 0, 2, 2)
    assert [each.partial for each in larger] == [1] * 6
    assert await store.counts() == Counts(history=10, forming=1, symbols=1, spans=0, alerts=0, firings=0)


async def test_the_size_counts_what_is_not_in_the_file_itself_yet(tmp_path: Path, store: Store) -> None:
    await store.add(bars(5000), [])
    assert store.size_bytes > (tmp_path / "klagg.db").stat().st_size > 0


async def test_a_backup_made_while_running_is_a_whole_database(tmp_path: Path, store: Store) -> None:
    await file_in(store, trades(range(START, START + HOUR, 30_000)))
    await store.put_meta("market", "simulated")
    await store.backup(tmp_path / "copy.db")
    await store.add(bars(3, START + DAY), [])
    async with await Store.open(tmp_path / "copy.db", market="simulated") as copy:
        assert await copy.integrity_check() == ()
        before = [each for each in (await all_of(store))[0] if each.open_ms < START + DAY and each.period < Period.D1]
        assert [each for each in (await all_of(copy))[0] if each.period < Period.D1] == before


async def test_a_backup_does_not_overwrite(tmp_path: Path, store: Store) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(StorageError, match="exists already"):
        await store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


async def test_a_backup_that_fails_leaves_nothing(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StorageError, match="no folder is not a folder"):
        await store.backup(tmp_path / "no folder" / "copy.db")
    assert copies(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no folder here in which nobody may write")
async def test_a_backup_that_fails_is_not_blamed_on_the_database(store: Store) -> None:
    sentence = r"^/proc/self/copy\.db cannot be opened: nothing was changed; check its folder, or name another file for the copy\.$"
    with pytest.raises(DiskError, match=sentence):
        await store.backup(Path("/proc/self/copy.db"))


async def test_a_backup_takes_no_name_of_a_file_that_belongs_to_a_database(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StorageError, match=r"klagg\.db-journal belongs to the database klagg\.db: nothing was written"):
        await store.backup(tmp_path / "klagg.db-journal")
    assert not (tmp_path / "klagg.db-journal").exists()


async def test_no_database_is_made_of_what_belongs_to_another(tmp_path: Path, store: Store) -> None:
    for end in ("-lock", "-journal"):
        with pytest.raises(NotADatabase):
            await Store.open(tmp_path / f"{store.path.name}{end}")
    assert not (tmp_path / "klagg.db-journal").exists()
    assert (tmp_path / "klagg.db-lock").stat().st_size == 0


async def test_a_file_of_before_there_were_alerts_has_none(tmp_path: Path) -> None:
    await (await open_writer(tmp_path / "old.db", MIGRATIONS[:READABLE])).close()
    async with await Store.open(tmp_path / "old.db", read_only=True) as store:
        assert await store.counts() == Counts(history=0, forming=0, symbols=0, spans=0, alerts=0, firings=0)


async def test_damage_met_by_a_backup_is_the_databases(tmp_path: Path, store: Store) -> None:
    await store.add(bars(20_000), [])
    await store.backup(tmp_path / "sound.db")
    with (tmp_path / "sound.db").open("r+b") as file:
        file.seek(300 * 4096)  # of the bars, not of an index, which no copy reads
        file.write(b"\xff" * 4096)
    async with await Store.open(tmp_path / "sound.db", read_only=True) as damaged:
        with pytest.raises(StorageError, match=r"sound\.db is damaged"):
            await damaged.backup(tmp_path / "copy.db")
    assert copies(tmp_path) == []


async def test_a_compacted_file_is_smaller_and_holds_the_same(tmp_path: Path, store: Store) -> None:
    await store.add(bars(20_000), [])
    while await store.delete_before(Period.M1, START + 19_000 * MINUTE):
        pass
    before, size = await all_of(store), store.size_bytes
    await store.compact()
    assert store.size_bytes < size / 2
    assert await all_of(store) == before


async def test_old_bars_go_bit_by_bit_and_larger_ones_stay(store: Store) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        await store.add(bars(60, symbol=symbol), [])
    larger = await listed(store, Period.M5)
    steps = []
    while deleted := await store.delete_before(Period.M1, START + 33 * MINUTE, 25):
        steps.append(deleted)
    assert steps == [25, 25, 10]
    assert [each.open_ms for each in await listed(store)] == [START + minute * MINUTE for minute in range(30, 60)]
    assert await listed(store, Period.M5) == larger


async def test_what_was_never_rolled_up_is_before_it_goes(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.M1,)) as store:
        await store.add(bars(10), [])
    async with await Store.open(tmp_path / "klagg.db") as store:
        while await store.delete_before(Period.M1, START + 10 * MINUTE, 3):
            pass
        assert await listed(store) == []
        found = await listed(store, Period.M5)
        assert [each.volume for each in found] == [
            sum(each.volume for each in part) for part in (bars(10)[:5], bars(10)[5:])
        ]


async def test_deleted_minutes_do_not_come_back_with_their_file(store: Store) -> None:
    given = trades(range(START, START + HOUR, 20_000))
    await file_in(store, given)
    larger = await listed(store, Period.M5)
    await store.delete_before(Period.M1, START + HOUR)
    await file_in(store, given)
    assert await listed(store, Period.M5) == larger


NOW = START + 30 * HOUR


@pytest.fixture
async def aged(store: Store) -> Store:
    """Thirty hours of two symbols."""
    await store.add_confirmed([*bars(30 * 60), *bars(30 * 60, symbol="ETHUSDT")])
    return store


async def finish(retention: Retention, now_ms: int = NOW) -> int:
    steps = 0
    while await retention.step(now_ms):
        steps += 1
    return steps


async def test_bars_go_when_their_time_is_over_and_larger_ones_stay(aged: Store) -> None:
    before = {period: await listed(aged, period) for period in DEFAULT_PERIODS}
    steps = await finish(aged.retention({Period.M1: 6 * HOUR}))
    after = {period: await listed(aged, period) for period in DEFAULT_PERIODS}
    assert after.pop(Period.M1) == [bar for bar in before.pop(Period.M1) if bar.open_ms >= NOW - 6 * HOUR]
    assert after == before
    assert steps == 3, "2,880 bars, a thousand at a time, and none of them twice"


async def test_a_step_deletes_no_more_than_it_may(aged: Store) -> None:
    retention = aged.retention({Period.M1: HOUR})
    assert await retention.step(NOW, at_most=7)
    assert retention.deleted == 7


async def test_shorter_periods_go_first_and_each_after_its_own_time(aged: Store) -> None:
    await finish(aged.retention({Period.M5: 10 * HOUR, Period.M1: 2 * HOUR}))
    assert (await listed(aged, Period.M1))[0].open_ms == NOW - 2 * HOUR
    assert (await listed(aged, Period.M5))[0].open_ms == NOW - 10 * HOUR
    assert (await listed(aged, Period.M30))[0].open_ms == START
    assert [finding async for finding in audit(aged.path)] == []


async def test_what_a_larger_bar_is_still_made_of_stays(aged: Store) -> None:
    await finish(aged.retention({Period.M1: 90 * MINUTE + 2 * MINUTE}))
    assert (await listed(aged, Period.M1))[0].open_ms == NOW - 95 * MINUTE
    await finish(aged.retention({Period.H4: MINUTE}), NOW + HOUR)
    assert (await listed(aged, Period.H4))[0].open_ms == START + DAY, "the day under way is made of them"


async def test_bars_that_would_go_are_counted_before(aged: Store) -> None:
    before_ms = NOW - 6 * HOUR
    expected = await aged.count_before(Period.M1, before_ms, DEFAULT_PERIODS)
    deleted = 0
    while step := await aged.delete_before(Period.M1, before_ms, 1000):
        deleted += step
    assert deleted == expected == 2 * 24 * 60


async def test_future_bars_go_and_bars_that_are_not_over_are_partial(store: Store) -> None:
    await file_in(store, trades(range(START, START + DAY, 30_000)))
    await store.add_confirmed(bars(20, START + DAY, symbol="ETHUSDT"))
    await store.write(Changes((bar(START + DAY, state=State.FORMING), bar(START, symbol="ETHUSDT", period=Period.M5))))
    now_ms = START + 2 * HOUR + 90_000
    assert await store.remove_future(now_ms) > 1_300
    minutes = await listed(store)
    assert [each.open_ms for each in minutes] == [START + number * MINUTE for number in range(122)]
    assert [each.state for each in minutes[-2:]] == [State.CLOSED, State.PARTIAL]
    assert [each.state for each in await listed(store, Period.H1)][1:] == [State.CLOSED, State.PARTIAL]
    assert (await listed(store, Period.D1))[-1].state is State.PARTIAL
    assert all(each.open_ms <= now_ms for each in (await all_of(store, "ETHUSDT"))[0])
    (span,) = await store.spans(SYMBOL)
    assert span.to_ms == now_ms
    assert await store.remove_future(now_ms) == 0


async def test_where_nothing_lies_in_the_future_nothing_is_changed(store: Store) -> None:
    await file_in(store, trades(range(START, START + HOUR, 30_000)))
    before = await all_of(store)
    assert await store.remove_future(START + DAY) == 0
    assert await all_of(store) == before


async def test_after_future_runs_of_ids_were_cut_the_same_trades_count_once(store: Store) -> None:
    told = trades(range(START, START + HOUR, 30_000))
    await file_in(store, told)
    await store.remove_future(START + 30 * MINUTE)
    before = (await listed(store))[:30]
    await file_in(store, told)
    assert (await listed(store))[:30] == before
