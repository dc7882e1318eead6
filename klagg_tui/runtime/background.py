"""Tasks that must not end others: what fails in one of them is logged, told in a notice, and costs only its own work.

Whoever is told to stop stops, also where something failed in the same moment: several requests that come to their time limit
while klagg is closed, as after a pause of the whole process. A loop that took the failure for all that was told goes on for ever,
and nothing ends that waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final, TypeVar

from klagg_tui.errors import BadFrame, BadNumber, ExchangeError, StorageError
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import BackgroundTask

T = TypeVar("T")

log = logging.getLogger(__name__)

RESTART_S: Final = 3.0
"""Until a loop that failed is begun again."""


async def run_guarded(task: BackgroundTask, host: EngineHost) -> None:
    """Run a task beside the source; where it fails, the bars go on without it."""
    try:
        await task(host)
    except Exception as error:  # the edge of a task
        log.exception("a background task failed")
        host.notices["background"] = f"A background task failed ({error}); recording goes on."


async def keep_running(name: str, work: Callable[[], Awaitable[None]], notices: dict[str, str]) -> None:
    """Run a loop for ever: where it fails, a notice says so and it is begun again after a pause."""
    while True:
        try:
            await work()
        except (ExchangeError, StorageError, BadFrame, BadNumber) as error:
            notices[name] = str(error)
            log.warning("%s: %s", name, error)
        except Exception as error:  # the edge of a task: what nobody thought of ends nothing else
            notices[name] = f"The {name} task failed and is being restarted; the log says why."
            log.exception("the %s task failed", name, exc_info=error)
        if _is_told_to_stop():
            raise asyncio.CancelledError
        await asyncio.sleep(RESTART_S)
        notices.pop(name, None)


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of them return, once all have ended; the first error is raised that one of them ended with.

    `asyncio.gather` raises it at once, leaves the others to themselves, and forgets that it was cancelled in that moment.
    """
    ended = await asyncio.gather(*works, return_exceptions=True)
    results: list[T] = []
    for result in ended:
        if isinstance(result, BaseException):
            raise result
        results.append(result)
    return results


def _is_told_to_stop() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
