"""A person before a terminal that is not there: looks at the app until it shows what is waited for, then presses keys.

Textual takes its driver, what draws and brings keys, from the variable TEXTUAL_DRIVER; here it is one that has neither
screen nor keyboard, so a command that opens the app runs as it is, in the test's own process.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
from textual import constants, events
from textual.drivers.headless_driver import HeadlessDriver

from tests.patience import WAIT_S
from tests.stylesheets import share

share()

_LOOK_S = 0.05


class Visit:
    """What is waited for on one app's screen, and what is pressed then."""

    def __init__(self, text: str, key: str, also: Callable[[], bool]) -> None:
        self.text = text
        self.key = key
        self.also = also
        self.seen = ""
        """What the screen showed last."""
        self.is_done = False


class Visitor(HeadlessDriver):
    """The driver: each app that starts is paid the next visit."""

    visits: ClassVar[deque[Visit]] = deque()

    def start_application_mode(self) -> None:
        super().start_application_mode()
        self._visiting = asyncio.get_running_loop().create_task(self._pay(self.visits.popleft()))

    async def _pay(self, visit: Visit) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    if visit.text in self._shown(visit) and visit.also():
                        break
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            self._app.exit()  # the visit is not done, so the test fails
        else:
            visit.is_done = True
            self.send_message(events.Key(visit.key, visit.key))

    def _shown(self, visit: Visit) -> str:
        if self._app.screen_stack:
            strips = self._app.screen._compositor.render_strips(self._app.size)
            visit.seen = "\n".join(strip.text.rstrip() for strip in strips)
        return visit.seen


Visiting = Callable[..., Visit]


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Visiting]:
    """`visit("BTCUSDT", "q")`: press q as soon as the app shows BTCUSDT. Once for each app that a command opens."""
    name = f"{Visitor.__module__}:{Visitor.__name__}"
    monkeypatch.setenv("TEXTUAL_DRIVER", name)
    monkeypatch.setattr(constants, "DRIVER", name)  # where Textual was imported before
    planned: list[Visit] = []

    def plan(text: str, key: str = "q", also: Callable[[], bool] = lambda: True) -> Visit:
        planned.append(Visit(text, key, also))
        Visitor.visits.append(planned[-1])
        return planned[-1]

    yield plan
    Visitor.visits.clear()
    for made in planned:
        assert made.is_done, f"{made.text!r} never came up:\n{made.seen}"
