"""The run of aggregate ids of one symbol: what comes next, what came twice, what is missing, what waits.

The exchange numbers the aggregate trades of a symbol without holes (the ids of fills do have holes, so only these
count). Whoever uses a `TradeSequence` decides whether a hole stops the symbol until it is filled or is stepped over.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from klagg_tui.engine.events import AggTrade

UNKNOWN: Final = -1
"""`next_id` of a sequence that has seen nothing: no id equals it."""


class Verdict(Enum):
    """What a trade is to its sequence."""

    NEXT = auto()
    """The one expected, or the first ever where any is welcome."""
    DUPLICATE = auto()
    """Seen before."""
    AHEAD = auto()
    """Trades before it are missing."""


class TradeSequence:
    """Where one symbol's ids stand."""

    __slots__ = ("_taken_before", "first_id", "has_gap", "held", "is_gap_counted", "next_id", "waiting")

    def __init__(self) -> None:
        self.first_id = UNKNOWN
        """First id of the unbroken run."""
        self.next_id = UNKNOWN
        self.has_gap = False
        """Whether a hole was told that is not closed yet."""
        self.is_gap_counted = False
        """False for the hole before the very first trade: nothing was lost there, it was never had."""
        self.waiting = False
        """Whether trades are held back until a hole is filled or given up."""
        self.held: dict[int, AggTrade] = {}
        self._taken_before = 0

    @property
    def last_id(self) -> int:
        """Last id of the unbroken run; below `first_id` while the run is empty."""
        return self.next_id - 1

    @property
    def taken(self) -> int:
        """How many trades went through, earlier runs included."""
        return self._taken_before + (self.next_id - self.first_id if self.first_id != UNKNOWN else 0)

    def judge(self, aggregate_id: int) -> Verdict:
        """What a trade with this id is, held trades included."""
        if aggregate_id == self.next_id:
            return Verdict.NEXT
        if aggregate_id < self.next_id or aggregate_id in self.held:
            return Verdict.DUPLICATE
        return Verdict.AHEAD

    def begin_run(self, next_id: int) -> None:
        """Start a new run at `next_id` (`UNKNOWN`: at whatever is taken first)."""
        self._taken_before = self.taken
        self.first_id = next_id
        self.next_id = next_id

    def skip(self) -> None:
        """The next id is used up by a record that is no trade."""
        self.next_id += 1
        self._taken_before -= 1

    def hold(self, trade: AggTrade) -> None:
        """Keep a trade back until those before it came."""
        self.waiting = True
        self.held[trade.aggregate_id] = trade

    def forget_passed(self) -> None:
        """Drop held trades that the run has passed meanwhile."""
        for aggregate_id in [held for held in self.held if held < self.next_id]:
            del self.held[aggregate_id]

    def pop_next(self) -> AggTrade | None:
        """The held trade that comes next, if there is one."""
        return self.held.pop(self.next_id, None)

    def pop_first(self) -> AggTrade | None:
        """The held trade with the lowest id, whatever is missing before it."""
        return self.held.pop(min(self.held)) if self.held else None
