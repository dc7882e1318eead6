"""What starts services on a machine and keeps them running, and how it is asked."""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.commands.service.program import Program

_PATIENCE_S: Final = 75.0
"""Ending a service waits until klagg has written its last state."""


class Told(NamedTuple):
    """What it said."""

    worked: bool
    words: str


class Manager(ABC):
    """One of them."""

    path: Path
    """Of the file that describes klagg to it."""

    @abstractmethod
    def require(self) -> None:
        """Refuse where it is not what starts services on this machine.

        Raises:
            KlaggError: a sentence that says what to do instead.
        """

    @abstractmethod
    def text(self, program: Program) -> str:
        """What the file says."""

    @abstractmethod
    def advice(self) -> tuple[str, ...]:
        """Lines: what to type next, once the file is there."""

    @abstractmethod
    def stop(self) -> str:
        """End the service and start it no more; why that did not work, empty where it did."""

    @abstractmethod
    def forget(self) -> None:
        """The file is not there any more."""

    @abstractmethod
    def status(self) -> Told:
        """Whether it runs, and lines about it."""


def ask(words: Sequence[str]) -> Told:
    """Run a program of the system."""
    try:
        ended = subprocess.run(  # noqa: S603 - words of ours
            words, capture_output=True, text=True, timeout=_PATIENCE_S, check=False, env={**os.environ, "LC_ALL": "C"}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Told(worked=False, words=str(getattr(error, "strerror", None) or error))
    worked = ended.returncode == 0
    return Told(worked, (ended.stdout if worked else ended.stderr or ended.stdout).strip())
