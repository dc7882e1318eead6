"""Files that cannot be used: one sentence each, and not a byte changed."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import resource
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.spans import Span
from klagg_tui.errors import (
    DatabaseBusy,
    DatabaseLocked,
    DiskError,
    NewerDatabase,
    NotADatabase,
    OtherMarket,
    StorageError,
)
from klagg_tui.paths import default_path
from klagg_tui.storage import opening
from klagg_tui.storage.opening import has_database, open_reader, open_writer
from klagg_tui.storage.schema import APPLICATION_ID, MIGRATIONS, READABLE
from klagg_tui.storage.store import Store
from tests.filed import all_of, file_in, listed
from tests.makers import DAY, MINUTE, START, SYMBOL, bar, bars, trades
from tests.slow_sqlite import SlowSqlite

NOBODY = 65534


async def made(path: Path, market: str | None = None) -> bytes:
    """A database with some bars; returns its bytes."""
    async with await Store.open(path, market=market) as store:
        await file_in(store, trades([START, START + MINUTE, START + 2 * MINUTE]))
    return content(path)


def content(path: Path) -> bytes:
    """Every byte of a file."""
    return path.read_bytes()


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return [each.name for each in folder.iterdir()]


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """As a user who may not write: root may write anywhere."""
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """No file may grow beyond."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("before", [b"open_time,open,high\n", b"x", b"SQLite format 3\0" + bytes(84), bytes(4096)])
async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, before: bytes, *, read_only: bool) -> None:
    path = tmp_path / "klagg.db"
    path.write_bytes(before)
    with pytest.raises(NotADatabase, match="is not a klagg database: nothing was changed"):
        await Store.open(path, read_only=read_only)
    assert content(path) == before
    assert names(tmp_path) == ["klagg.db"]


@pytest.mark.parametrize("read_only", [False, True])
async def test_another_programs_database_is_left_alone(tmp_path: Path, *, read_only: bool) -> None:
    path = tmp_path / "places.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE history (id)")
    other.close()
    before = content(path)
    with pytest.raises(NotADatabase):
        await Store.open(path, read_only=read_only)
    assert content(path) == before
    assert names(tmp_path) == ["places.sqlite"]


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(NotADatabase):
        await Store.open(tmp_path)


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_file_of_a_newer_klagg_is_left_alone(tmp_path: Path, *, read_only: bool) -> None:
    path = tmp_path / "klagg.db"
    await made(path)
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    before = content(path)
    with pytest.raises(NewerDatabase, match=r"written by a newer klagg .* update klagg"):
        await Store.open(path, read_only=read_only)
    assert content(path) == before


async def test_a_newer_version_that_stands_in_the_log_only_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await made(path)
    newer = sqlite3.connect(path, isolation_level=None)
    try:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        for read_only in (True, False):
            with pytest.raises(NewerDatabase):
                await Store.open(path, read_only=read_only)
    finally:
        newer.close()


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    path.touch()
    await made(path)
    header = content(path)[:100]
    assert int.from_bytes(header[68:72], "big") == APPLICATION_ID
    assert int.from_bytes(header[60:64], "big") == len(MIGRATIONS)


async def test_the_folder_is_made(tmp_path: Path) -> None:
    await made(tmp_path / "new" / "folder" / "klagg.db")
    assert (tmp_path / "new" / "folder" / "klagg.db").exists()


async def test_reading_where_there_is_nothing_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"There is no database at .* yet"):
        await Store.open(tmp_path / "klagg.db", read_only=True)
    assert names(tmp_path) == []


async def test_a_name_with_spaces_and_signs_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "our bars ?mode=ro#%41 币.db"
    await made(path)
    assert path.exists()


async def test_a_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await file_in(store, trades([START]))
        with pytest.raises(DatabaseBusy, match=r"Another klagg is writing to .* nothing was changed"):
            await Store.open(path)
        async with await Store.open(path, read_only=True) as reader:
            assert await all_of(reader) == await all_of(store)
    await made(path)


@pytest.mark.parametrize(
    "at", ["open", "PRAGMA journal_mode = WAL", "PRAGMA user_version", "PRAGMA wal_checkpoint(TRUNCATE)", "close"]
)
def test_the_lock_is_given_back_when_whoever_opened_it_is_told_to_stop_and_nothing_is_open_any_more(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "klagg.db"
    asyncio.run(made(path))
    still_open: list[int] = []
    release = opening.WriterLock.release

    def given_back(lock: opening.WriterLock) -> None:
        still_open.append(len(slow.opened) - len(slow.closed))
        release(lock)

    async def told_to_stop() -> None:
        writing = asyncio.create_task(made(path))
        await asyncio.to_thread(slow.reached.wait)
        for _ in range(3):
            writing.cancel()
            await asyncio.sleep(0)
        slow.go_on_soon()
        with pytest.raises(asyncio.CancelledError):
            await writing

    slow = SlowSqlite(monkeypatch, at)
    monkeypatch.setattr(opening.WriterLock, "release", given_back)
    asyncio.run(told_to_stop())
    slow.assert_is_over()
    assert still_open == [0]


async def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    script = (
        "import asyncio, pathlib, sys\n"
        "from klagg_tui.storage.store import Store\n"
        "async def main():\n"
        "    await Store.open(pathlib.Path(sys.argv[1]))\n"
        "    print('open', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert await process.stdout.readline() == b"open\n"
    with pytest.raises(DatabaseBusy):
        await Store.open(path)
    process.kill()
    await process.wait()
    await made(path)


_WRITER = (
    "import asyncio, pathlib, sys\n"
    "from klagg_tui.storage.store import Store\n"
    "async def main():\n"
    "    await (await Store.open(pathlib.Path(sys.argv[1]))).close()\n"
    "asyncio.run(main())\n"
)
_READER = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM history'); c.close()"


async def in_another_process(script: str, path: Path) -> str:
    """What a script, run on a database, says on standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(path), stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    return err.decode()


def linked(path: Path, kind: str) -> Path:
    """Another name of the same file."""
    other = path.with_name("other.db")
    if kind == "symlink":
        other.symlink_to(path)
    elif kind == "hard link":
        other.hardlink_to(path)
    else:
        path.rename(other)
    return other


@pytest.mark.parametrize("kind", ["symlink", "hard link", "renamed"])
async def test_a_second_writer_is_refused_by_whatever_name_it_comes(tmp_path: Path, kind: str) -> None:
    async with await Store.open(tmp_path / "klagg.db"):
        other = linked(tmp_path / "klagg.db", kind)
        assert "DatabaseBusy: Another klagg is writing to" in await in_another_process(_WRITER, other)
    assert await in_another_process(_WRITER, other) == ""


def _unknown_command(*_: object) -> None:
    raise OSError(errno.EINVAL, "no such lock")


@pytest.mark.parametrize("lacks", ["the system", "the file system"])
async def test_where_a_file_cannot_be_locked_as_such_the_one_beside_it_keeps_links_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    if lacks == "the system":
        monkeypatch.setattr(opening, "_LOCK_FILE", None)
    else:
        monkeypatch.setattr(fcntl, "fcntl", _unknown_command)
    async with await Store.open(tmp_path / "klagg.db"):
        with pytest.raises(DatabaseBusy):
            await Store.open(linked(tmp_path / "klagg.db", "symlink"))
    await made(tmp_path / "klagg.db")


async def test_another_error_of_the_lock_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "the disk is ill")

    monkeypatch.setattr(fcntl, "fcntl", fail)
    with pytest.raises(DiskError, match="cannot be opened"):
        await Store.open(tmp_path / "klagg.db")


async def test_looking_at_a_database_leaves_the_locks_of_its_writer_in_the_same_process_alone(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await file_in(store, trades([START]))
        await (await Store.open(path, read_only=True)).close()
        # Another program that reads, and leaves, believes to be the last one where it meets no lock: it deletes the log.
        assert await in_another_process(_READER, path) == ""
        assert path.with_name("klagg.db-wal").exists()
        await file_in(store, trades([START + MINUTE]))
        before = await all_of(store)
    async with await Store.open(path, read_only=True) as reader:
        assert await all_of(reader) == before


async def test_a_header_ahead_of_its_file_is_what_an_interrupted_checkpoint_leaves_and_no_damage(
    tmp_path: Path,
) -> None:
    path = tmp_path / "klagg.db"
    whole = await made(path)
    path.write_bytes(whole[:-4096])
    assert has_database(path)


def _remove(path: Path) -> None:
    path.unlink()


def _replace(path: Path) -> None:
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


def _move(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def _remove_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def _move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


async def test_another_working_folder_moves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    async with await Store.open(Path("klagg.db")) as store:
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.require_in_place()
        await file_in(store, trades([START]))


@pytest.mark.parametrize("trouble", [_remove, _replace, _move, _remove_log, _move_folder])
async def test_nothing_is_called_written_once_the_file_is_no_longer_in_place(
    tmp_path: Path, trouble: Callable[[Path], None]
) -> None:
    path = tmp_path / "folder" / "klagg.db"
    async with await Store.open(path) as store:
        await file_in(store, trades([START]))
        store.require_in_place()
        trouble(path)
        with pytest.raises(DiskError, match=r"klagg\.db was removed, replaced or moved .* put it back, or start"):
            store.require_in_place()
        with pytest.raises(DiskError, match="nothing is written any more"):
            await file_in(store, trades([START + MINUTE]))
        with pytest.raises(DiskError, match="nothing is written any more"):
            await store.put_meta("key", "value")


class Moving(list[Span]):
    """Spans over which somebody moves the file away, when they are read inside the transaction."""

    def __init__(self, spans: Iterable[Span], path: Path, away: Path) -> None:
        super().__init__(spans)
        self._reads = 0
        self._path, self._away = path, away

    def __iter__(self) -> Iterator[Span]:
        self._reads += 1
        if self._reads == 2:  # first the symbols are looked up, outside
            self._path.rename(self._away)
        return super().__iter__()


async def test_a_file_moved_while_it_is_written_to_can_be_put_back_and_each_trade_counts_once(tmp_path: Path) -> None:
    path, away = tmp_path / "klagg.db", tmp_path / "away.db"
    minute, span = bar(START, trade_count=9, state=State.PARTIAL), Span(SYMBOL, 1, 9, START + 2, START + 50_000)
    async with await Store.open(path) as store, await Store.open(tmp_path / "good.db") as good:
        for each in (store, good):
            await file_in(each, trades([START - MINUTE]))
        importing = store.importing()
        with pytest.raises(DiskError, match="nothing is written any more"):
            await importing.add([minute], Moving([span], path, away))
        away.rename(path)
        for _ in range(2):
            await importing.add([minute], [span])
        await good.add([minute], [span])
        assert await all_of(store) == await all_of(good)


async def test_bars_of_two_markets_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    before = await made(path, "binance-um@simulated")
    for read_only in (False, True):
        for markets in (("binance-um",), ("okx-swap", "binance-um"), ("binance-um@http://localhost:1",)):
            with pytest.raises(OtherMarket, match="holds the bars of binance-um@simulated, not of binance-um"):
                await Store.open(path, markets=markets, read_only=read_only)
    assert content(path) == before
    await (await Store.open(path, market="binance-um@simulated")).close()
    await (await Store.open(path)).close()


@pytest.mark.parametrize(
    "write",
    [lambda store: store.write(Changes((bar(),))), lambda store: store.add_confirmed([bar()])],
    ids=["live", "confirmed"],
)
async def test_a_file_is_marked_by_the_first_market_whose_bars_are_written(
    tmp_path: Path, write: Callable[[Store], Awaitable[object]]
) -> None:
    path = tmp_path / "klagg.db"
    await made(path)
    async with await Store.open(path, market="binance-um") as store:
        await write(store)
    with pytest.raises(OtherMarket):
        await Store.open(path, market="binance-um@simulated")


async def test_an_address_that_brought_no_bar_leaves_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, market="fapi.binanec.com") as store:
        assert await store.write(Changes()) == 0
    await made(path)  # as an import does, which names no market
    await (await Store.open(path, market="binance-um")).close()


async def test_a_file_without_any_bar_takes_any_market_whatever_it_was_marked_with(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await store.put_meta("market", "fapi.binanec.com")
    await (await Store.open(path, market="binance-um", read_only=True)).close()
    async with await Store.open(path, market="binance-um") as store:
        await store.write(Changes((bar(),)))
    with pytest.raises(OtherMarket, match="holds the bars of binance-um"):
        await Store.open(path, market="binance-um@fapi.binanec.com")


async def test_the_lock_of_another_program_is_not_said_to_be_klagg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.storage.connection._PATIENCE_S", 0)
    path = tmp_path / "klagg.db"
    await made(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with await Store.open(path) as store:
            with pytest.raises(DatabaseLocked, match=r"Another program has locked .*nothing was changed"):
                await store.add_confirmed([bar()])


async def test_a_read_only_file_can_be_read_and_not_written() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        before = await made(folder / "klagg.db")
        with unprivileged(folder):
            with pytest.raises(DiskError, match="read-only"):
                await Store.open(folder / "klagg.db")
            async with await Store.open(folder / "klagg.db", read_only=True) as store:
                assert (await store.counts()).symbols == 1
        assert content(folder / "klagg.db") == before


async def test_a_read_only_folder_gets_no_new_database() -> None:
    with TemporaryDirectory() as name:
        with unprivileged(Path(name)), pytest.raises(DiskError, match=r"klagg\.db"):
            await Store.open(Path(name) / "klagg.db")
        assert names(Path(name)) == []


async def test_a_full_disk_costs_the_batch_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await store.add(bars(10), [])
        before = await all_of(store)
        many = bars(6000, START + 10 * MINUTE)
        with full_disk(store.size_bytes + 8192), pytest.raises(DiskError, match="nothing was changed"):
            await store.add(many, [])
        assert await all_of(store) == before
        await store.add(many, [])
        assert len((await all_of(store))[0]) > 6010
    async with await Store.open(path) as store:
        assert await store.integrity_check() == ()


async def test_a_batch_that_failed_can_be_written_again_and_counts_once(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await store.add([bar(START, trade_count=3, state=State.PARTIAL)], [Span(SYMBOL, 1, 1, START + 2, START + 1)])
        importing = store.importing()
        batch = [bar(START, trade_count=20, state=State.PARTIAL), *bars(6000, START, symbol="ETHUSDT")]
        span = Span(SYMBOL, 2, 9, START + 3, START + 50_000)
        with full_disk(store.size_bytes + 8192), pytest.raises(DiskError):
            await importing.add(batch, [span])
        for _ in range(2):
            await importing.add(batch, [span])
        (found, *_) = await listed(store)
        assert found.trade_count == 23


async def test_a_full_disk_leaves_no_half_made_database(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    with full_disk(8192), pytest.raises(DiskError):
        await Store.open(path)
    await made(path)


async def test_damage_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    whole = await made(path)
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    with pytest.raises(DiskError, match="damaged"):
        async with await Store.open(path, read_only=True) as store:
            await store.summary()


async def test_a_read_only_store_refuses_to_write(tmp_path: Path) -> None:
    await made(tmp_path / "klagg.db")
    async with await Store.open(tmp_path / "klagg.db", read_only=True) as store:
        with pytest.raises(StorageError, match="for reading only"):
            await store.add_confirmed([])


STEP = ("CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('kept')")


async def test_an_older_file_is_brought_up_to_date_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await made(path)
    link = await open_writer(path, (*MIGRATIONS, STEP))
    assert await link.rows("SELECT text, (SELECT count(*) FROM history) > 2 FROM notes") == [("kept", 1)]
    await link.close()
    with pytest.raises(NewerDatabase):
        await Store.open(path)


async def test_a_step_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await made(path)
    with pytest.raises(DiskError):
        await open_writer(path, (*MIGRATIONS, STEP, ("CREATE TABLE more (id)", "no statement")))
    link = await open_writer(path, (*MIGRATIONS, STEP))
    assert await link.value("SELECT count(*) FROM sqlite_master WHERE name = 'more'") == 0
    await link.close()


async def test_runs_of_ids_in_an_older_file_are_given_their_contracts(tmp_path: Path) -> None:
    """Which were told apart by their ids alone, so that they lie in order of id there."""
    path = tmp_path / "klagg.db"
    connection = await open_writer(path, MIGRATIONS[:1])
    await connection.rows("INSERT INTO symbols (id, name) VALUES (1, ?)", (SYMBOL,))
    for first, last, day in ((500, 600, 0), (1, 20, 60), (700, 800, 90), (900, 950, 1), (30, 40, 61)):
        from_ms = START + day * DAY
        await connection.rows("INSERT INTO spans VALUES (1, ?, ?, ?, ?)", (first, last, from_ms, from_ms + MINUTE))
    await connection.close()
    async with await Store.open(path) as store:
        found = [(span.contract, span.first_id) for span in await store.spans(SYMBOL)]
        assert found == [(0, 500), (0, 900), (1, 1), (1, 30), (1, 700)]
        at_ms = START + 61 * DAY + MINUTE
        await store.add([], [Span(SYMBOL, 41, 50, at_ms + 1, at_ms + 9)])
        assert [span[1:3] for span in await store.spans(SYMBOL)][3] == (30, 50)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("binance-um", "binance-um"),
        ("simulated", "binance-um@simulated"),
        ("http://127.0.0.1:8765", "binance-um@http://127.0.0.1:8765"),
        ("https://demo-fapi.binance.com", "binance-um@https://demo-fapi.binance.com"),
        ("binance-cm", "binance-coinm"),
        (None, None),
    ],
    ids=["real", "demo", "http", "https", "contracts on coins", "unmarked"],
)
async def test_an_address_in_an_older_file_becomes_one_of_its_venue(
    tmp_path: Path, before: str | None, after: str | None
) -> None:
    path = tmp_path / "klagg.db"
    connection = await open_writer(path, MIGRATIONS[:2])
    await connection.rows("UPDATE venues SET name = ?", (before,))
    await connection.rows("INSERT INTO symbols (id, name) VALUES (7, ?)", (SYMBOL,))
    row = (7, 0, START // MINUTE, State.CONFIRMED.value, 0, 5, 5, 5, 5, 1, 5, 1, 0, 0)
    await connection.rows(f"INSERT INTO history VALUES ({','.join('?' * 14)})", row)
    await connection.close()
    async with await Store.open(path, markets=(after,) if after else ()) as store:
        assert await store.market() == after
        assert (store.is_qualified, [bar.symbol for bar in await listed(store)]) == (False, [SYMBOL])
    with closing(sqlite3.connect(path)) as connection_:
        found = connection_.execute("SELECT symbol, open, venue, witness FROM bars").fetchall()
    assert found == [(SYMBOL, 5.0, after and after.partition("@")[0], "ids")]


async def test_bringing_an_older_file_up_to_date_writes_no_bar_anew(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    connection = await open_writer(path, MIGRATIONS[:2])
    await connection.rows("INSERT INTO symbols (id, name) VALUES (7, ?)", (SYMBOL,))
    await connection.rows(
        "WITH RECURSIVE m(minute) AS (SELECT 1 UNION ALL SELECT minute + 1 FROM m WHERE minute < 5000) "
        "INSERT INTO history SELECT 7, 0, minute, 3, 0, 5, 5, 5, 5, 1, 5, 1, 0, 0 FROM m"
    )
    await connection.close()
    before = content(path)
    async with await Store.open(path):
        pass
    after = content(path)
    pages = range(0, len(before), 4096)
    assert sum(before[at : at + 4096] != after[at : at + 4096] for at in pages) < len(pages) / 4


async def test_an_older_file_that_may_only_be_read_asks_for_one_run(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await (await open_writer(path, MIGRATIONS[: READABLE - 1])).close()
    with pytest.raises(StorageError, match="written by an older klagg"):
        await open_reader(path)


async def test_an_older_file_that_lacks_only_what_is_new_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await made(path)
    connection = await open_reader(path, (*MIGRATIONS, STEP))
    try:
        assert await connection.value("SELECT count(*) FROM history") > 0
    finally:
        await connection.close()


def test_the_default_place_is_the_users_own() -> None:
    assert default_path().name == "klagg.db"
    assert default_path().parent.name == "klagg"


async def test_a_path_that_leads_through_a_file_is_an_error_and_not_an_empty_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DiskError, match="cannot be opened"):
        await Store.open(tmp_path / "file" / "klagg.db", read_only=True)
