"""How far an import has come, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from klagg_tui.importing.tally import Tally


class Progress(NamedTuple):
    """How far an import has come."""

    path: Path
    done: int
    total: int
    """Of all files, in bytes as they lie on the disk; of a database, in tables."""
    rows: int


OnProgress = Callable[[Progress], None]
ShouldStop = Callable[[], bool]


@dataclass
class Imported:
    """What came of an import."""

    tally: Tally = field(default_factory=Tally)
    trades: int = 0
    """Taken into bars."""
    bars: int = 0
    """1m bars made of trades, and bars read as they are."""
    new: int = 0
    """Of these, those of which nothing was stored before."""
    duplicates: int = 0
    gaps: int = 0
    too_late: int = 0
    """Trades that came when their minute was long over: the only ones that are in no bar."""
    notes: list[str] = field(default_factory=list)
    """A sentence for each thing that was left out on purpose."""
    failures: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read, or not to its end."""
    is_stopped: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether anything was of use, be it known before."""
        return bool(self.trades or self.bars or self.duplicates)
