"""Telling by a notification of the desktop, where there is a program that shows one."""

from __future__ import annotations

import shutil
import sys
from typing import Final

from klagg_tui.alert import Firing
from klagg_tui.alerting.program import run_program
from klagg_tui.errors import Undelivered
from klagg_tui.texts import printable
from klagg_tui.view.alerts.wording import sentence

LIMIT_S: Final = 10.0
# The texts are arguments of the script, not parts of it: nothing in them is run.
_SCRIPT: Final = ("on run words", "display notification (item 2 of words) with title (item 1 of words)", "end run")


class Desktop:
    """`notify-send` of the freedesktop world, or `osascript` on a Mac."""

    name = "desktop"
    most_tries: int | None = 1
    most_at_once: int | None = 3

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s

    async def send(self, firing_id: int, firing: Firing) -> None:  # noqa: ARG002 - a desktop has no use for the number
        """See `Way.send`."""
        await run_program(_words(f"Alert: {printable(firing.title)}", printable(sentence(firing))), {}, self._limit_s)

    async def close(self) -> None:
        """It holds nothing."""


def _words(title: str, text: str) -> tuple[str, ...]:
    program = "osascript" if sys.platform == "darwin" else "notify-send"
    found = shutil.which(program)
    if found is None:
        raise Undelivered(f"there is no {program} here to show it", is_final=True)
    if program == "osascript":
        return found, *(word for line in _SCRIPT for word in ("-e", line)), title, text
    return found, "--app-name=klagg", "--", title, _escaped(text)


def _escaped(text: str) -> str:
    """The body may hold marks of HTML (https://specifications.freedesktop.org/notification-spec/latest/markup.html)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
