"""Tasks that fail: what is said of it, and what goes on."""

from __future__ import annotations

import asyncio

import pytest

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.errors import Unreachable
from klagg_tui.runtime.background import keep_running, run_guarded
from klagg_tui.runtime.host import EngineHost
from tests.makers import START


async def test_a_background_task_that_fails_is_told_and_the_bars_go_on() -> None:
    async def fails(_: EngineHost) -> None:
        raise ZeroDivisionError("oh")

    host = EngineHost(KlineEngine(DEFAULT_PERIODS, holds_gaps=True), DEFAULT_PERIODS, None, lambda: START)
    await run_guarded(fails, host)
    assert host.notices == {"background": "A background task failed (oh); recording goes on."}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Unreachable("The exchange cannot be reached."), "The exchange cannot be reached."),
        (ZeroDivisionError("oh"), "The history task failed and is being restarted; the log says why."),
    ],
)
async def test_a_loop_that_fails_is_begun_again_and_the_notice_goes(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.runtime.background.RESTART_S", 0.01)
    notices: dict[str, str] = {}
    told: list[str] = []
    runs_again = asyncio.Event()

    async def work() -> None:
        if told:
            runs_again.set()
            await asyncio.sleep(60)
        told.append("failed")
        raise error

    running = asyncio.ensure_future(keep_running("history", work, notices))
    await asyncio.sleep(0)
    assert notices == {"history": sentence}
    async with asyncio.timeout(10):
        await runs_again.wait()
    assert notices == {}
    running.cancel()
