"""The unbroken run of aggregate ids of one symbol: what comes next, what came twice, what waits, what time it covers.

The exchange numbers the aggregate trades of a symbol one after the other (the ids of fills leave some out, so only these
count). Whoever uses a `TradeSequence` decides whether a gap stops the symbol until it is filled or is stepped over.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.engine.spans import DISORDER_MS, LONGEST_REST_MS, Span

_STAMPED_BACK_MS: Final = 1000
"""How much earlier than its predecessor a trade may be stamped; the exchange does so by some milliseconds."""

UNKNOWN: Final = -1
"""`next_id` of a sequence that has seen nothing: no id equals it."""

MOST_HELD: Final = 20_000
"""Trades of one symbol that wait for others; the newest are worth most, because a symbol can begin anew on bars before them."""


class Verdict(Enum):
    """What a trade is to its sequence."""

    NEXT = auto()
    """The one expected."""
    DUPLICATE = auto()
    """Seen before."""
    AHEAD = auto()
    """Trades before it are missing."""


class TradeSequence:
    """Where one symbol's ids stand. `next_id` and `traded_ms` are open to `BarGrid.take`."""

    __slots__ = (
        "_taken_before",
        "anew",
        "anew_ms",
        "begun_ms",
        "first_id",
        "held",
        "known_from_ms",
        "next_id",
        "quiet_ms",
        "traded_ms",
    )

    def __init__(self) -> None:
        self.first_id = UNKNOWN
        """First id of the run."""
        self.next_id = UNKNOWN
        self.known_from_ms: int | None = None
        """From when on no trade is missing; None before the first one."""
        self.begun_ms = 0
        """Open of the minute it was seeded at, 0 where it was not."""
        self.traded_ms = 0
        """Time of the newest trade since, 0 before the first."""
        self.quiet_ms = 0
        """Up to when something else than a trade proves that nothing was traded after the newest one, 0 where nothing does."""
        self.held: dict[int, AggTrade] = {}
        """Trades that wait for those before them, by id."""
        self.anew: dict[int, AggTrade] = {}
        """Trades whose ids went back while time went on, by id: another contract begins with them, or they are damaged."""
        self.anew_ms = 0
        """Since when the ids are those of another contract, 0 where they never began anew."""
        self._taken_before = 0

    @property
    def last_id(self) -> int:
        """Last id of the run; below `first_id` while the run is empty."""
        return self.next_id - 1

    @property
    def reached_ms(self) -> int:
        """Up to when the ids say that no trade is missing; the clock may have ended minutes behind it."""
        return max(self.begun_ms, self.traded_ms)

    @property
    def proved_ms(self) -> int:
        """Up to when it is shown, by ids or otherwise, that no trade is missing."""
        return max(self.quiet_ms, self.reached_ms)

    def has_rested(self, trade: AggTrade) -> bool:
        """Whether the trade that comes next is so far from the last one that their ids prove nothing about the time between."""
        return self.traded_ms > 0 and trade.traded_ms - self.proved_ms > LONGEST_REST_MS

    def goes_back(self, trade: AggTrade) -> bool:
        """Whether the id of a trade lies behind the run and its time ahead of it: whatever comes twice is no newer than that."""
        if trade.aggregate_id >= self.next_id or trade.traded_ms <= self.reached_ms + _STAMPED_BACK_MS:
            return False
        # `traded_ms` may be that of a trade stamped before others of its minute.
        return trade.traded_ms // MINUTE_MS > self.reached_ms // MINUTE_MS

    def continues_anew(self, trade: AggTrade) -> bool:
        """Whether a trade follows one that went back, in id and time."""
        before = self.anew.get(trade.aggregate_id - 1)
        return before is not None and trade.traded_ms + DISORDER_MS >= before.traded_ms

    def doubt(self, trade: AggTrade) -> list[AggTrade]:
        """Keep a trade that goes back; once one follows another, all of them in order of id, until then none.

        One alone may be damaged.
        """
        self.anew[trade.aggregate_id] = trade
        if not any(trade.aggregate_id + step in self.anew for step in (-1, 1)):
            return []
        doubted, self.anew = self.anew, {}
        return [doubted[aggregate_id] for aggregate_id in sorted(doubted)]

    def is_of_former(self, trade: AggTrade) -> bool:
        """Whether a trade is older than the contract whose ids are followed: it was there before its ids began anew."""
        return trade.traded_ms + DISORDER_MS < self.anew_ms

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

    def begin_run(self, next_id: int, known_from_ms: int | None) -> None:
        """Start a new run at `next_id` (`UNKNOWN`: at whatever is taken first)."""
        self._taken_before = self.taken
        self.first_id = self.next_id = next_id
        self.known_from_ms = known_from_ms
        self.quiet_ms = 0

    def take_next(self, trade: AggTrade) -> None:
        """Count a trade that comes next."""
        self.next_id = trade.aggregate_id + 1
        if self.first_id == UNKNOWN:
            self.first_id = trade.aggregate_id
        if self.known_from_ms is None:
            self.known_from_ms = trade.traded_ms + 1
        self.traded_ms = max(self.traded_ms, trade.traded_ms)

    def skip_id(self) -> None:
        """The next id is used up by a record that is no trade."""
        self.next_id += 1
        self._taken_before -= 1

    def hold(self, trade: AggTrade) -> int:
        """Keep a trade back until those before it came; returns how many were let go for it, see `cut_held`."""
        cut = self.cut_held() if len(self.held) >= MOST_HELD else 0
        self.held[trade.aggregate_id] = trade
        return cut

    def cut_held(self) -> int:
        """Let go the older half of the trades held back: they are missing now, and are fetched. Returns how many."""
        kept = sorted(self.held)[len(self.held) // 2 :]
        cut = len(self.held) - len(kept)
        self.held = {aggregate_id: self.held[aggregate_id] for aggregate_id in kept}
        return cut

    def forget_passed(self) -> None:
        """Drop held trades that the run has passed meanwhile."""
        for aggregate_id in [held for held in self.held if held < self.next_id]:
            del self.held[aggregate_id]
        if not self.held:
            self.held = {}  # one that was large keeps its size

    def drop_held_before(self, time_ms: int) -> None:
        """Drop held trades of a time that is over."""
        for aggregate_id in [held.aggregate_id for held in self.held.values() if held.traded_ms < time_ms]:
            del self.held[aggregate_id]

    def pop_next(self) -> AggTrade | None:
        """The held trade that comes next, if there is one."""
        return self.held.pop(self.next_id, None)

    def pop_first(self) -> AggTrade | None:
        """The held trade with the lowest id, whatever is missing before it."""
        return self.held.pop(min(self.held)) if self.held else None

    def span_to(self, symbol: str, quiet_to_ms: int) -> Span | None:
        """The run so far, None while it is empty; `quiet_to_ms`: up to when nothing more was traded after it, 0 if unknown."""
        if self.known_from_ms is None or self.last_id < self.first_id or self.first_id == UNKNOWN:
            return None
        return Span(symbol, self.first_id, self.last_id, self.known_from_ms, max(self.reached_ms, quiet_to_ms))
