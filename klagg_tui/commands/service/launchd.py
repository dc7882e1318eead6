"""An agent of macOS's launchd for the user who is logged in."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
from pathlib import Path
from typing import Final

from klagg_tui.commands.service.manager import Manager, Told, ask
from klagg_tui.commands.service.program import NAME, Program
from klagg_tui.errors import KlaggError

LABEL: Final = f"io.github.{NAME}"
_PROCESS: Final = re.compile(r"^\s*pid = (\d+)", re.MULTILINE)


class Launchd(Manager):
    """The user's own part of launchd: launchd.plist(5), launchctl(1)."""

    def __init__(self) -> None:
        library = Path("~/Library").expanduser()
        self.path = library / "LaunchAgents" / f"{LABEL}.plist"
        self._output = library / "Logs" / NAME / "service.log"
        self._domain = f"gui/{os.getuid()}"

    def require(self) -> None:
        """Refuse where it cannot be asked."""
        if shutil.which("launchctl") is None:
            raise KlaggError(
                "There is no launchctl here, so no service was made: run `klagg record` by what starts services."
            )

    def text(self, program: Program) -> str:
        """The property list."""
        content = {
            "Label": LABEL,
            "ProgramArguments": list(program.words),
            "EnvironmentVariables": dict(program.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ExitTimeOut": 60,
            "ProcessType": "Background",
            "Umask": 0o077,
            "StandardOutPath": str(self._output),
            "StandardErrorPath": str(self._output),
        }
        return plistlib.dumps(content, sort_keys=False).decode()

    def advice(self) -> tuple[str, ...]:
        """What to type next."""
        return (
            f"Start it, now and at every login:  launchctl bootstrap {self._domain} {self.path}",
            f"What it says:                      tail -f {self._output}",
            "It runs while you are logged in; launchd starts no agent of a user without that.",
        )

    def stop(self) -> str:
        """End it."""
        told = ask(("launchctl", "bootout", f"{self._domain}/{LABEL}"))
        return "" if told.worked else told.words

    def forget(self) -> None:
        """Launchd knows it no more since it was ended."""

    def status(self) -> Told:
        """Whether it runs."""
        told = ask(("launchctl", "print", f"{self._domain}/{LABEL}"))
        if not told.worked:
            return Told(worked=False, words=f"{LABEL} is not started: launchctl bootstrap {self._domain} {self.path}")
        process = _PROCESS.search(told.words)
        if process is None:
            return Told(worked=False, words=f"{LABEL} is known to launchd, but does not run; {self._output} says why.")
        return Told(worked=True, words=f"{LABEL}: running, process {process[1]}")
