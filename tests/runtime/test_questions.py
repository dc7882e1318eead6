"""What is asked: history, and aside of the loop what nobody may wait for any more."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.period import Period
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.questions import ask_aside, history
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, trades
from tests.patience import WAIT_S
from tests.slow_sqlite import SlowSqlite


def host_with(store: Store) -> EngineHost:
    """A host that follows one symbol and has written nothing yet."""
    periods = (Period.M1, Period.M5)
    host = EngineHost(KlineEngine(periods, holds_gaps=False), periods, store, lambda: START)
    host.handle([AddSymbol(SYMBOL, 0)])
    return host


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    await (await Store.open(tmp_path / "klagg.db")).close()
    return tmp_path / "klagg.db"


async def given_up(asked: asyncio.Task[None]) -> None:
    """Whoever waited for the answer is told to stop."""
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_a_question_that_nobody_waits_for_is_called_off(database: Path) -> None:
    begun, ended = threading.Event(), threading.Event()

    async def count_for_long(_: Store) -> None:
        begun.set()
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            ended.set()
            raise

    asked = asyncio.create_task(ask_aside(database, (), count_for_long))
    await asyncio.to_thread(begun.wait)
    await given_up(asked)
    assert await asyncio.to_thread(ended.wait, WAIT_S)


async def test_a_question_is_called_off_also_while_the_database_opens(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[Store] = []

    async def answer(store: Store) -> None:
        answered.append(store)

    slow = SlowSqlite(monkeypatch, "open")
    asked = asyncio.create_task(ask_aside(database, (), answer))
    await asyncio.to_thread(slow.reached.wait)
    await given_up(asked)
    slow.go_on_soon()
    await asyncio.to_thread(slow.assert_is_over)
    assert answered == []


async def test_a_question_that_has_just_been_answered_is_left_alone(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def answer(_: Store) -> None:
        loops.append(asyncio.get_running_loop())

    asked = asyncio.create_task(ask_aside(database, (), answer))
    await asyncio.sleep(0)
    while not loops or not loops[0].is_closed():  # without giving way, so that the answer does not arrive before
        time.sleep(0.001)  # noqa: ASYNC251
    await given_up(asked)
    assert caplog.records == []


async def test_history_has_what_has_just_ended_without_waiting_for_the_disk(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "run.db") as store:
        host = host_with(store)
        host.receive(trades([START, START + 1, START + MINUTE, START + 2 * MINUTE]))
        await host.flush()
        host.receive(trades([START + 3 * MINUTE, START + 4 * MINUTE], first_id=5))
        written = host.metrics[Metric.ROWS_WRITTEN]
        found = await history(host, SYMBOL, Period.M1, None, 10)
        assert [bar.open_ms for bar in found] == [START + at * MINUTE for at in range(4)]
        assert found[2].state is State.CLOSED  # it was under way when it was written
        assert await history(host, SYMBOL, Period.M1, START + 3 * MINUTE, 2) == found[1:3]
        assert host.metrics[Metric.ROWS_WRITTEN] == written


async def test_what_the_exchange_confirmed_on_disk_is_not_replaced_by_what_waits(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "run.db") as store:
        host = host_with(store)
        host.receive(trades([START, START + MINUTE]))
        (ours,) = await history(host, SYMBOL, Period.M1, START + MINUTE, 5)
        theirs = ours._replace(state=State.CONFIRMED, high=ours.high + 1)
        await store.add_confirmed([theirs])
        assert await history(host, SYMBOL, Period.M1, START + MINUTE, 5) == (theirs,)
