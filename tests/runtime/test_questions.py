"""What is asked aside, when nobody waits for the answer any more."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from klagg_tui.runtime.questions import ask_aside
from klagg_tui.storage.store import Store
from tests.slow_sqlite import SlowSqlite


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
    assert await asyncio.to_thread(ended.wait, 10)


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
