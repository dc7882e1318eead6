"""Two recorders of one market write into one dataset: of each bar the surer one stays, and neither loses what the other wrote."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.sinks import place_bucket
from klagg_tui.sinks.dataset import DatasetTarget
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.place import Found, Place
from klagg_tui.sinks.place_bucket import BucketPlace
from klagg_tui.sinks.place_folder import FolderPlace
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.makers import DAY, MINUTE, START, bar, bars
from tests.sinks.bucket import KEYS, Bucket, Row, held, held_by_now, row_of, stored
from tests.sinks.test_bucket import sending
from tests.sinks.test_dataset_law import Breaking
from tests.sinks.test_delivery import CHANGES, PERIODS

MIDNIGHT = START + DAY
EVE = MIDNIGHT - 20 * MINUTE
Step = Callable[[], Awaitable[object]]
WAIT_S = 60


class Meeting(Breaking):
    """A place in which something else happens between a look at a file and the write that follows."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.meets: Step | None = None

    async def get(self, name: str) -> Found | None:
        found = await super().get(name)
        meets = self.meets
        if meets and name.endswith(".parquet"):
            self.meets = None
            await meets()
        return found


class Recorder:
    """One, with its own file."""

    def __init__(self, store: Store, log: SinkLog, place: Place) -> None:
        self.store = store
        self.place = Meeting(place)
        self.log = log
        self.target = DatasetTarget(self.place, store.path)
        self._delivery: Delivery | None = None

    async def deliver(self) -> None:
        """All that waits; where it was broken off, from there on."""
        if self._delivery is None:
            self._delivery = Delivery(self.log, self.target)
            await self._delivery.begin()
        try:
            while await self._delivery.step():
                pass
        except SinkError:
            self._delivery = None
            raise


@asynccontextmanager
async def two(folder: Path, *places: Place) -> AsyncIterator[tuple[Recorder, Recorder]]:
    paths = [folder / name / "klagg.db" for name in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
    async with (
        await Store.open(paths[0], periods=PERIODS) as first,
        await Store.open(paths[1], periods=PERIODS) as second,
        await SinkLog.open(paths[0]) as first_log,
        await SinkLog.open(paths[1]) as second_log,
    ):
        recorders = Recorder(first, first_log, places[0]), Recorder(second, second_log, places[-1])
        try:
            yield recorders
        finally:
            for recorder in recorders:
                await recorder.target.close()


async def gaps(recorder: Recorder, lacks: range) -> None:
    """Forty minutes around midnight, of which some lack trades."""
    whole = [one._replace(state=State.CLOSED) for one in bars(40, EVE)]
    lacking = [one._replace(state=State.PARTIAL, trade_count=1, volume=1) for one in whole]
    await recorder.store.add([lacking[n] if n in lacks else one for n, one in enumerate(whole)], [])


def minutes(folder: Path, read: Callable[[Path], list[Row]] = held) -> dict[int, Row]:
    """Open time and row of each minute in a dataset."""
    return {row[4]: row for row in read(folder) if row[2] == "1m"}


async def test_a_day_that_each_has_in_part_becomes_whole(tmp_path: Path) -> None:
    bars_there = tmp_path / "bars"
    async with two(tmp_path, FolderPlace(bars_there)) as (one, other):
        await gaps(one, range(10, 15))
        await gaps(other, range(5))
        await one.deliver()
        assert {row[14] for row in minutes(bars_there).values()} == {"closed", "partial"}
        await other.deliver()
        found = minutes(bars_there)
        assert len(found) == 20
        assert {row[14] for row in found.values()} == {"closed"}


async def test_who_knows_nothing_newer_writes_no_file_and_nothing_flaps(tmp_path: Path) -> None:
    async with two(tmp_path, FolderPlace(tmp_path / "bars")) as recorders:
        confirmed = bars(40, EVE)
        for number, recorder in enumerate(recorders):
            # The exchange has amended them in between.
            await recorder.store.add_confirmed([each._replace(trade_count=900 + number) for each in confirmed])
            await recorder.deliver()
        assert {row[11] for row in minutes(tmp_path / "bars").values()} == {901}
        for number in range(4):
            recorder = recorders[number % 2]
            await recorder.store.add_confirmed([confirmed[number]._replace(trade_count=1000 + number)])
            await recorder.deliver()
        counts = [row[11] for _, row in sorted(minutes(tmp_path / "bars").items())]
        assert counts == [1000, 1001, 1002, 1003] + [901] * 16
        files = {path: path.stat().st_ino for path in (tmp_path / "bars").rglob("period=1m/*/*.parquet")}
        for number, count in ((3, 1003), (2, 1002)):  # its own once more, and what the other one has told already
            await recorders[1].store.add_confirmed([confirmed[number]._replace(trade_count=count)])
            await recorders[1].deliver()
        changed = [path for path, number in files.items() if path.stat().st_ino != number]
        assert not changed


def bucket_in_memory() -> tuple[BucketPlace, BucketPlace]:
    """Two that look at one store that heeds conditions."""
    store = MemoryStore()
    found = BucketPlace("s3://market/bars?region=us-east-1"), BucketPlace("s3://market/bars?region=us-east-1")
    for place in found:
        place._store = store  # type: ignore[assignment]
    return found


async def copied(place: Place, folder: Path) -> Path:
    """The files of a place in a folder."""
    for name in await place.names():
        found = await place.get(name)
        assert found is not None
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(found.data)
    return folder


@pytest.mark.parametrize("kind", ["folder", "bucket"])
async def test_two_that_write_a_day_at_once_lose_nothing(kind: str, tmp_path: Path) -> None:
    buckets, folder = bucket_in_memory(), FolderPlace(tmp_path / "bars")
    async with two(tmp_path, *(buckets if kind == "bucket" else (folder,))) as (one, other):
        for first in (EVE, EVE + DAY):  # there is no file yet, or one
            await one.store.add_confirmed(bars(10, first))
            await other.store.add_confirmed(bars(10, first + 10 * MINUTE))
            for recorder in (one, other):
                await recorder.store.add_confirmed([bar(first + 30 * MINUTE), bar(first + 40 * MINUTE)])
            one.place.meets = other.deliver
            await one.deliver()
        assert kind == "folder" or all(place._is_heeded and not place._doubtful for place in buckets)
        found = minutes(await copied(one.place, tmp_path / "copied"))
    assert sum(at < MIDNIGHT for at in found) == 20
    assert len(found) == 42


async def test_a_store_that_heeds_no_conditions_is_found_out_and_looked_at_behind_each_write(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = BucketPlace(bucket.address()), BucketPlace(bucket.address())
    async with two(tmp_path, *places) as (one, other):
        await one.store.add_confirmed([*bars(10, EVE), *bars(20, MIDNIGHT)])
        await other.store.add_confirmed([*bars(10, EVE + 10 * MINUTE), *bars(20, MIDNIGHT)])
        await one.target.open("x")
        assert not places[0]._is_heeded
        await one.target.close()
        put = places[0]._put

        async def late(name: str, *rest: object) -> object:
            """The other one comes between the look before the write and the write."""
            if "period=1m" in name:
                places[0]._put = put  # type: ignore[method-assign]
                await other.deliver()
            return await put(name, *rest)  # type: ignore[arg-type]

        places[0]._put = late  # type: ignore[assignment, method-assign]
        await one.deliver()  # has written over it
        assert len(minutes(bucket.folder / "bars")) == 10
        monkeypatch.setattr(place_bucket, "_LATER_S", -1)
        await other.store.add_confirmed([bar(MIDNIGHT + 20 * MINUTE)])
        await other.deliver()
        assert len(minutes(bucket.folder / "bars")) == 20
        assert not places[1]._doubtful


async def test_two_recorders_with_different_gaps_into_a_bucket_at_once(bucket: Bucket, tmp_path: Path) -> None:
    """Each with its own thread, as they run, the server killed in between."""
    async with two(tmp_path, FolderPlace(tmp_path / "unused")) as (one, other):
        with sending(one.store.path, bucket.address()), sending(other.store.path, bucket.address()):
            for day in range(4):
                for recorder, lacks in ((one, range(5)), (other, range(10, 15))):
                    whole = [each._replace(state=State.CLOSED) for each in bars(40, EVE + day * DAY)]
                    lacking = [each._replace(state=State.PARTIAL, trade_count=1, volume=1) for each in whole]
                    await recorder.store.add([lacking[n] if n in lacks else each for n, each in enumerate(whole)], [])
                if day == 1:
                    await asyncio.to_thread(bucket.kill)
                    await asyncio.to_thread(bucket.start)
            async with asyncio.timeout(WAIT_S):
                while True:
                    found = minutes(bucket.folder / "bars", held_by_now)
                    if len(found) == 140 and {row[14] for row in found.values()} == {"closed"}:
                        break
                    await asyncio.sleep(0.1)


async def test_a_file_that_is_damaged_is_written_anew(tmp_path: Path) -> None:
    async with two(tmp_path, FolderPlace(tmp_path / "bars")) as (one, _):
        await one.store.add_confirmed(bars(40, EVE))
        await one.deliver()
        (damaged,) = (tmp_path / "bars").rglob("period=1m/*/bars.parquet")
        damaged.write_bytes(b"PAR1 no more")
        await one.store.add_confirmed([bars(40, EVE)[0]._replace(trade_count=7)])
        await one.deliver()
        assert len(minutes(tmp_path / "bars")) == 20


async def test_in_a_bucket_a_day_of_which_nothing_is_left_has_no_rows(bucket: Bucket, tmp_path: Path) -> None:
    async with two(tmp_path, BucketPlace(bucket.address())) as (one, _):
        await CHANGES["flat"](one.store, 0, 10)
        await one.store.add_confirmed(bars(12, MIDNIGHT, symbol="ETHUSDT"))
        await one.deliver()
        assert minutes(bucket.folder / "bars")
        await CHANGES["flat taken back"](one.store, 0, 10)
        await one.deliver()
        assert not minutes(bucket.folder / "bars")


UPWARD = ("ended", "confirmed", "other", "series")


@given(st.data())
@settings(deadline=None, max_examples=10)
def test_in_any_order_of_deliveries_and_deaths_each_bar_only_becomes_surer(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_walk(data, Path(folder)))


async def _walk(data: st.DataObject, folder: Path) -> None:
    there: dict[tuple[object, ...], State] = {}
    labels = {state.label: state for state in State}
    async with two(folder, FolderPlace(folder / "bars")) as recorders:
        for _ in range(data.draw(st.integers(1, 12))):
            who = data.draw(st.integers(0, 1))
            recorder, other = recorders[who], recorders[1 - who]
            match data.draw(st.sampled_from(sorted([*UPWARD, "deliver", "deliver", "meet", "die"]))):
                case "deliver":
                    await recorder.deliver()
                case "meet":
                    recorder.place.meets = other.deliver
                    await recorder.deliver()
                    recorder.place.meets = None
                case "die":
                    recorder.place.left, recorder.place.is_late = data.draw(st.integers(0, 3)), data.draw(st.booleans())
                    with suppress(SinkError):
                        await recorder.deliver()
                    recorder.place.left = -1
                case name:
                    first = data.draw(st.integers(0, 1)) * 1440 + data.draw(st.integers(0, 20)) - 10
                    await CHANGES[name](recorder.store, first, data.draw(st.integers(1, 12)))
            before, there = there, {row[1:5]: labels[str(row[14])] for row in held(folder / "bars")}
            assert all(there[key] >= state for key, state in before.items())
        for recorder in recorders:
            await recorder.store.add_confirmed([bar(START + 3 * DAY, symbol="ENDUSDT")])
            await recorder.deliver()
        await _check(folder / "bars", [await stored(recorder.store) for recorder in recorders])


async def _check(folder: Path, both: list[list[Bar]]) -> None:
    """Each row is that of one of them, and of the surer one."""
    known: dict[tuple[object, ...], list[tuple[State, tuple[object, ...]]]] = {}
    for one in (each for of_one in both for each in of_one if each.open_ms < START + 3 * DAY):
        known.setdefault((one.symbol, one.period, one.open_ms), []).append((one.state, row_of(one, None)))
    found = {(row[1], Period(row[2]), row[4]): row for row in held(folder)}
    assert found.keys() == known.keys()
    for key, row in found.items():
        surest = max(state for state, _ in known[key])
        assert row in [each for state, each in known[key] if state is surest]


async def test_a_store_that_refuses_conditions_is_one_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        is_refused = b"if-match" in head or b"if-none-match" in head
        body = b"<Error><Code>NotImplemented</Code></Error>" if is_refused else b""
        status = b"501 Not Implemented" if is_refused else b"200 OK"
        more = b'ETag: "1"\r\nConnection: close\r\nContent-Length: %d' % len(body)
        writer.write(b"HTTP/1.1 %b\r\n%b\r\n\r\n%b" % (status, more, body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        place = BucketPlace(f"s3://market/bars?endpoint=http://127.0.0.1:{port}&region=us-east-1")
        await place.prepare()
        assert not place._is_heeded


@pytest.mark.parametrize("kind", ["folder", "bucket"])
async def test_a_file_that_is_another_one_by_now_is_not_emptied(kind: str, tmp_path: Path) -> None:
    place = bucket_in_memory()[0] if kind == "bucket" else FolderPlace(tmp_path / "bars")
    await place.prepare()
    assert await place.swap("a/b", b"1", None)
    assert not await place.swap("a/b", b"2", None)
    before = await place.get("a/b")
    assert before is not None
    assert await place.swap("a/b", b"3", before)
    assert not await place.empty("a/b", b"", before)
    now = await place.get("a/b")
    assert now is not None
    assert now.data == b"3"
    assert await place.empty("a/b", b"", now)
    left = await place.get("a/b")
    assert left is None or not left.data
