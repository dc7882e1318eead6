"""What a fetch tells: how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Progress(NamedTuple):
    """How far it has come."""

    name: str
    """Of the file that is waited for or read."""
    done: int
    total: int
    """In bytes, each counted when it has come and when it is read."""
    rows: int


OnProgress = Callable[[Progress], None]
ShouldStop = Callable[[], bool]


@dataclass
class Fetched:
    """What came of it."""

    files: int = 0
    """Fetched and imported."""
    size: int = 0
    """Their bytes."""
    held: int = 0
    """Files that were not fetched, because the database has what they hold."""
    trades: int = 0
    bars: int = 0
    new: int = 0
    bad: int = 0
    notes: list[str] = field(default_factory=list)
    """A sentence for each thing that a person should know."""
    failures: list[str] = field(default_factory=list)
    """A sentence for each file that could not be had or read, and why it ended early."""
    is_stopped: bool = False
