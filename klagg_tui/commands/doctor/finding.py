"""What was found when something was looked at, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple, TypeAlias


class Verdict(Enum):
    """How things are."""

    FINE = "fine"
    NOTE = "note"
    """Worth knowing; klagg works all the same."""
    FAULT = "fault"
    UNSEEN = "not looked at"


SIGNS = {Verdict.FINE: "✔", Verdict.NOTE: "·", Verdict.FAULT: "✘", Verdict.UNSEEN: "–"}


class Finding(NamedTuple):
    """One thing that was looked at."""

    check: str
    verdict: Verdict
    said: str
    advice: str = ""
    """What to do; empty where nothing is to be done."""

    def lines(self) -> tuple[str, ...]:
        """For people."""
        first = f"{SIGNS[self.verdict]} {self.check:<8} {self.said}"
        return (first, f"  {'':<8} → {self.advice}") if self.advice else (first,)

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return {"check": self.check, "verdict": self.verdict.value, "said": self.said, "advice": self.advice}


Look: TypeAlias = Callable[[], Iterable[Finding]]
"""Looks at something."""


class Named:
    """Makes the findings of one check."""

    def __init__(self, check: str) -> None:
        self._check = check

    def fine(self, said: str) -> Finding:
        """All is as it should be."""
        return Finding(self._check, Verdict.FINE, said)

    def note(self, said: str, advice: str = "") -> Finding:
        """Worth knowing."""
        return Finding(self._check, Verdict.NOTE, said, advice)

    def fault(self, said: str, advice: str = "") -> Finding:
        """Something is wrong."""
        return Finding(self._check, Verdict.FAULT, said, advice)

    def unseen(self, said: str, advice: str = "") -> Finding:
        """It could not be looked at."""
        return Finding(self._check, Verdict.UNSEEN, said, advice)
