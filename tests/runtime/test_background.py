"""Tasks that fail: what is said of it, and what goes on."""

from __future__ import annotations

import asyncio

import pytest

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.errors import Unreachable
from klagg_tui.runtime.background import keep_running, run_guarded, together
from klagg_tui.runtime.host import EngineHost
from tests.makers import START
from tests.patience import WAIT_S


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
    async with asyncio.timeout(WAIT_S):
        await runs_again.wait()
    assert notices == {}
    running.cancel()


async def _turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def _fails(moment: asyncio.Event) -> None:
    await moment.wait()
    raise Unreachable("no answer within 10 s")


async def _waits(ended: list[str]) -> None:
    try:
        await asyncio.sleep(60)
    finally:
        ended.append("waits")


async def test_who_is_told_to_stop_while_one_of_several_fails_stops() -> None:
    """What `asyncio.gather` makes of it is the failure alone."""
    moment, ended = asyncio.Event(), list[str]()

    async def look_forever() -> None:
        while True:
            try:
                await together([_fails(moment), _waits(ended)])
            except Unreachable:
                await asyncio.sleep(60)

    looking = asyncio.ensure_future(look_forever())
    await _turns(3)
    moment.set()
    await asyncio.sleep(0)  # the failing one has its turn, and those who wait for it have not yet
    looking.cancel()
    await asyncio.wait([looking], timeout=WAIT_S)
    assert looking.cancelled()
    assert ended == ["waits"]


async def test_a_failure_of_one_of_several_is_told_once_the_others_have_ended() -> None:
    async def comes(ended: list[str]) -> None:
        await _turns(3)
        ended.append("comes")

    moment, ended = asyncio.Event(), list[str]()
    moment.set()
    with pytest.raises(Unreachable):
        await together([_fails(moment), comes(ended)])
    assert ended == ["comes"]


async def test_several_give_what_they_have_in_their_order() -> None:
    async def gives(number: int) -> int:
        await _turns(5 - number)
        return number

    assert await together(map(gives, (1, 2, 3))) == [1, 2, 3]


async def test_a_loop_that_fails_in_the_moment_in_which_it_is_told_to_stop_is_not_begun_again() -> None:
    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise Unreachable("no answer within 10 s") from None

    running = asyncio.ensure_future(keep_running("history", work, {}))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running], timeout=WAIT_S)
    assert running.cancelled()
