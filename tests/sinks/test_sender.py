"""A server that is dead, slow or cut off holds up nothing and loses nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.sinks import postgres, sender
from klagg_tui.sinks.delivery import AT_ONCE
from klagg_tui.sinks.position import Position
from klagg_tui.sinks.postgres import PostgresTarget
from klagg_tui.sinks.sender import Sender
from klagg_tui.sinks.target import Target
from klagg_tui.storage.sink_log import Portion, SinkLog
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, bar, bars
from tests.patience import WAIT_S
from tests.sinks.line import Line
from tests.sinks.memory import MemoryTarget, Shared
from tests.sinks.server import BINARIES, Server, serving
from tests.sinks.test_delivery import PERIODS
from tests.sinks.test_postgres import delivered, expected, same

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "PAUSES_S", (0.05,))
    monkeypatch.setattr(sender, "LOOK_S", 0.05)


@contextmanager
def sending(path: Path, address: str, **options: float) -> Iterator[Sender]:
    made = Sender(path, PostgresTarget(address), **options)
    made.start()
    try:
        yield made
    finally:
        made.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0.02)


async def until_same(address: str, store: Store) -> None:
    async with asyncio.timeout(WAIT_S):
        while await there(address) != await expected(store):  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0.1)


async def there(address: str) -> list[dict[str, Any]]:
    """All rows; none while there is no server or no table yet."""
    try:
        return await delivered(address)
    except (asyncpg.PostgresError, OSError):
        return []


async def test_what_happens_while_the_server_is_dead_is_there_when_it_is_back(own: Server, tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        with sending(store.path, own.address()) as made:
            for number in range(6):
                await store.add_confirmed(bars(20, START + number * 20 * MINUTE))
                await store.write(Changes(ended=(bar(START + (200 + number) * MINUTE),)))
                await asyncio.to_thread(own.kill)
                await store.add_confirmed([bars(9)[number]._replace(trade_count=1000 + number)])
                await until(lambda: any("kept" in told for told in made.notices))
                await asyncio.to_thread(own.start)
            await until_same(own.address(), store)
            await until(lambda: not made.notices)
        assert await expected(store)


async def test_that_everything_is_delivered_anew_is_told_for_a_while(
    own: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        await store.add_confirmed(bars(20))
        with sending(store.path, own.address()) as made:
            await until(lambda: not made._is_behind)
            assert made.notices == ()
        async with await SinkLog.open(store.path) as log:
            await log._writer.rows("UPDATE sinks SET is_dropped = 1")
        with sending(store.path, own.address()) as made:
            await until(lambda: not made._is_behind)
            assert made.notices == (f"Everything stored is delivered to {made.name} anew: it was too far behind.",)
            monkeypatch.setattr(sender, "TOLD_S", 0)
            await until(lambda: not made.notices)


async def test_a_server_that_comes_later_is_given_everything(tmp_path: Path) -> None:
    if BINARIES is None:
        pytest.skip("there is no PostgreSQL server; Debian's package postgresql has it")
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        await store.add_confirmed(bars(20))
        with serving() as found:
            await asyncio.to_thread(found.kill)
            with sending(store.path, found.address()) as made:
                await until(lambda: bool(made.notices))
                await asyncio.to_thread(found.start)
                await until_same(found.address(), store)


async def test_one_that_says_nothing_is_told_and_waited_for_no_longer_than_need_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CONNECT_S", 0.1)
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            address = f"postgresql://me:secret@127.0.0.1:{mute.getsockname()[1]}/db"
            with sending(store.path, address) as made:
                await until(lambda: any("does not answer" in told for told in made.notices))
                await store.add_confirmed(bars(3))
                assert not any("secret" in told for told in made.notices)
                assert not await asyncio.to_thread(made.stop)
            assert not made._thread.is_alive()


async def test_the_last_bars_are_delivered_when_klagg_ends(own: Server, tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        with sending(store.path, own.address()) as made:
            await until(lambda: not made._is_behind)
            await store.add_confirmed(bars(500))
            assert await asyncio.to_thread(made.stop)
            assert await same(own.address(), store)
            assert made.delivered > 500


async def test_a_server_that_went_lacks_what_was_stored_since(own: Server, tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        with sending(store.path, own.address()) as made:
            await store.add_confirmed(bars(5))
            await until_same(own.address(), store)
            await asyncio.to_thread(own.kill)
            await store.add_confirmed(bars(5, START + 5 * MINUTE))
            await until(lambda: bool(made.notices))
            assert not await asyncio.to_thread(made.stop)


async def test_a_server_that_says_nothing_any_more_lacks_what_was_stored_since(own: Server, tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store, Line(own.port) as line:
        with sending(store.path, own.address(port=line.port)) as made:
            await store.add_confirmed(bars(5))
            await until_same(own.address(), store)
            line.is_cut = True
            await store.add_confirmed(bars(5, START + 5 * MINUTE))
            assert not await asyncio.to_thread(made.stop, 0.5)
            line.is_cut = False


async def test_bars_under_way_are_delivered_at_their_pace(own: Server, tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        with sending(store.path, own.address(), forming_s=0.05):
            for number in range(3):
                forming = bar(close=str(100 + number))
                await store.write(Changes((forming,)))
                async with asyncio.timeout(WAIT_S):
                    while [row["close"] for row in await there(own.address())] != [100 + number]:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)


async def test_a_line_that_is_cut_without_a_word_costs_a_repetition_at_the_most(
    own: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CONNECT_S", 0.5)
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store, Line(own.port) as line:
        made = Sender(store.path, PostgresTarget(own.address(port=line.port), portion_s=0.5))
        made.start()
        try:
            for number in range(3):
                await store.add_confirmed(bars(50, START + number * 50 * MINUTE))
                await asyncio.sleep(0.1)
                line.is_cut = True
                await store.add_confirmed(bars(50, START + (500 + number * 50) * MINUTE))
                await until(lambda: any("answer" in told for told in made.notices))
                line.is_cut = False
                await until(lambda: not made.notices)
            await until_same(own.address(), store)
        finally:
            await asyncio.to_thread(made.stop)
        assert "anew" not in " ".join(made.notices)


async def test_what_nobody_thought_of_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = threading.Semaphore(0)

    async def strange(*_: object) -> None:
        tries.release()
        raise ZeroDivisionError

    monkeypatch.setattr(PostgresTarget, "open", strange)
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        with sending(store.path, "postgresql://127.0.0.1/db") as made:
            for _ in range(3):
                assert await asyncio.to_thread(tries.acquire, True, WAIT_S)
            assert any("log says why" in told for told in made.notices)


class Refusing(MemoryTarget):
    """Takes logins, and no bars, as a server whose disk is full."""

    asked: Callable[[], None]

    async def put(self, portion: Portion, position: Position, before: str | None) -> bool:
        self.asked()
        self.breaks = "before"
        return await super().put(portion, position, before)


class Hurried(Sender):
    """Waits for nothing, and notes how long it would have."""

    def __init__(self, path: Path, target: Target) -> None:
        super().__init__(path, target)
        self.waits: list[float] = []
        self.delivered_then: list[int] = []

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.delivered_then.append(self.delivered)
        await super()._wait(0)


async def test_one_that_takes_no_bars_is_asked_less_and_less_and_is_told_of_all_the_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "PAUSES_S", (1.0, 2.0, 5.0))
    told: list[tuple[str, ...]] = []
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
        await store.add_confirmed(bars(3))
        target = Refusing(Shared())
        made = Hurried(store.path, target)
        target.asked = lambda: told.append(made.notices)
        made.start()
        await until(lambda: len(made.waits) > 4)
        await asyncio.to_thread(made.stop)
    assert made.waits[:4] == [1.0, 2.0, 5.0, 5.0]
    assert set(told[1:]) == {made.notices}
    assert made.notices


async def test_between_portions_it_rests_as_long_as_it_worked_for_whoever_draws_meanwhile(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.M1,)) as store:
        await store.add_confirmed(bars(AT_ONCE + 1))
        made = Hurried(store.path, MemoryTarget(Shared()))
        made.start()
        await until(lambda: made.delivered > AT_ONCE)
        await asyncio.to_thread(made.stop)
    assert made.delivered_then[:2] == [AT_ONCE, AT_ONCE + 1]
    assert made.waits[0] > 0


async def test_a_database_that_is_not_there_yet_is_waited_for(own: Server, tmp_path: Path) -> None:
    with sending(tmp_path / "klagg.db", own.address()) as made:
        await until(lambda: bool(made.notices))
        async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store:
            await store.add_confirmed(bars(5))
            async with await SinkLog.open(store.path) as log:
                await until(lambda: not made._is_behind)
                assert await log.names() == [made.name]
            await until_same(own.address(), store)
