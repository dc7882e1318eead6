"""What an alert is and what happened to it: the values that screens, the recorder and the database have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

PAUSE_MS: Final = 60_000
"""Until an alert may fire for the same symbol again, where nobody says how long."""


class Repeat(StrEnum):
    """How often an alert fires."""

    ONCE = "once"
    """For the first symbol for which it comes true; then it has ended."""
    AGAIN = "again"
    """For each symbol, and for the same one again after a pause."""
    UNTIL = "until"
    """The same until a time, when it ends."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A text of the filter language that is watched."""

    text: str
    """No two alerts have the same."""
    period: str = "1m"
    """Meant where the text names none: the one on view when it was made."""
    repeat: Repeat = Repeat.AGAIN
    pause_ms: int = PAUSE_MS
    until_ms: int | None = None
    """When it ends, by the exchange's clock; only of `UNTIL`."""
    name: str = ""
    made_ms: int = 0
    count: int = 0
    """How often it fired."""
    last_ms: int | None = None
    """When it fired last."""
    has_ended: bool = False

    @property
    def title(self) -> str:
        """Its name, or its text where it has none."""
        return self.name or self.text


class Firing(NamedTuple):
    """An alert that came true for a symbol."""

    at_ms: int
    """By the exchange's clock."""
    symbol: str
    venue: str
    """Key of the exchange, empty where it is not known."""
    text: str
    """The alert's."""
    name: str
    price: str
    """The newest one then, exact; empty where there was none."""
    value: str
    """What the alert compares, as it was then: `rvol(5m) 4.2, chg(15m) 1.3`."""
    number: int
    """How often the alert had fired by then, this time included."""
    trouble: str = ""
    """Ways on which nobody could be told of it, and why; empty where none failed."""

    @property
    def title(self) -> str:
        """The alert's name, or its text where it has none."""
        return self.name or self.text


class Ledger(NamedTuple):
    """What is kept of alerts."""

    alerts: tuple[Alert, ...] = ()
    firings: tuple[Firing, ...] = ()
    """The newest ones, oldest first."""
    rested: Mapping[tuple[str, str], int] = {}
    """When each alert fired last for each symbol, by text and symbol."""
