"""The algebra of spans: runs of aggregate ids whose trades are all in the bars.

Two spans whose ids touch or overlap are one, since no trade lies between them; a minute that lies inside one span is
complete. That is what makes one day's file after another equal to both at once.

Ids prove this only within one contract. A name can be given to another contract, whose ids begin anew, so spans meet only
where their times agree with their ids too, and of all spans of a symbol it follows which contract each belongs to: ids that
go back while time goes on begin another one. It follows from the set alone, whatever came first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.period import DAY_MS, MINUTE_MS

LONGEST_REST_MS: Final = DAY_MS
"""No symbol that trades rests longer. The thinnest contracts trade every few hours; what lies further apart was halted, or is
another contract whose ids happen to go on, so two trades that far apart prove nothing about the time between them."""

DISORDER_MS: Final = MINUTE_MS
"""How far the times of trades may contradict the order of their ids within one contract. The exchange stamps some of them
milliseconds before their predecessors; one contract follows another under a name after hours at the least."""

SpanKey: TypeAlias = tuple[str, int, int]
"""Symbol, first id, and the time from which on the run is complete: the first id alone may be that of two contracts."""


class Span(NamedTuple):
    """A run of consecutive aggregate ids that the bars contain, and the time for which that is all there was."""

    symbol: str
    first_id: int
    last_id: int
    from_ms: int
    """Every trade from here on ..."""
    to_ms: int
    """... to before here is in the bars. A 1m bar is complete where it lies in between."""
    contract: int = 0
    """Which contract of that name it is of, counted from 0 in order of time among those stored (see `numbered`)."""

    @property
    def key(self) -> SpanKey:
        """The same however far it grows."""
        return self.symbol, self.first_id, self.from_ms


class Joint(NamedTuple):
    """What came of adding a span to others."""

    spans: tuple[Span, ...]
    """All of them, none meeting another, in order of time."""
    span: Span
    """The one that holds what was added."""
    taken: tuple[Span, ...]
    """Those that went into it, in order of time."""


def join(spans: Sequence[Span], added: Span, before: Span | None = None) -> Joint:
    """Add one span to spans of the same symbol that do not meet each other, in order of time.

    `before` is the span of the same run when it was added earlier: `added` may take back that nothing was traded after it.
    """
    whole, taken = _taken_in(spans, added)
    if before and before.last_id == added.last_id == whole.last_id:
        whole = whole._replace(to_ms=added.to_ms)
    if len(taken) == 1 and taken[0].key == whole.key:
        at = spans.index(taken[0])
        behind = spans[at + 1 :]
        if not behind or _is_back(taken[0], behind[0]) == _is_back(whole, behind[0]):
            whole = whole._replace(contract=taken[0].contract)
            return Joint((*spans[:at], whole, *behind), whole, taken)
    rest = [span for span in spans if span not in taken]
    made = numbered((*rest, whole))
    return Joint(made, next(span for span in made if span.key == whole.key), taken)


def numbered(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans of one symbol, none meeting another, in order of time, each with the number of its contract."""
    made: list[Span] = []
    for span in sorted(spans, key=_BY_TIME):
        contract = made[-1].contract + _is_back(made[-1], span) if made else 0
        made.append(span._replace(contract=contract))
    return tuple(made)


def _is_back(earlier: Span, later: Span) -> bool:
    """Whether the ids of a span that follows in time go back."""
    return later.first_id <= earlier.last_id


def _taken_in(spans: Sequence[Span], added: Span) -> tuple[Span, tuple[Span, ...]]:
    """All that meets a span, and what meets that, as one; and those of it that were there."""
    low = bisect_left(spans, added.from_ms - LONGEST_REST_MS - 1, key=_END)
    high = bisect_right(spans, added.to_ms + LONGEST_REST_MS + 1, key=_BEGIN)
    near = spans[low:high]
    taken = [span for span in near if meet(span, added)]
    while True:
        whole = _joined((*taken, added))
        more = [span for span in near if span not in taken and meet(span, whole)]
        if not more:
            return whole, tuple(sorted(taken, key=_BY_TIME))
        taken += more


def _joined(parts: Sequence[Span]) -> Span:
    """Parts as one: complete from where the first of them is, to where the last of them is."""
    first = min(parts, key=lambda part: (part.first_id, part.from_ms))
    last = max(parts, key=lambda part: (part.last_id, part.to_ms))
    return Span(first.symbol, first.first_id, last.last_id, first.from_ms, last.to_ms)


_BEGIN: Final = attrgetter("from_ms")
_END: Final = attrgetter("to_ms")
_BY_TIME: Final = attrgetter("from_ms", "first_id")


def by_id(span: Span) -> int:
    """Sorts spans of one contract."""
    return span.first_id


def meet(one: Span, other: Span) -> bool:
    """Whether no trade lies between two spans: they have trades in common, or the ids of one go on where the other ends.

    The latter only in order of time, and where it is no longer in between than a symbol rests.
    """
    if overlap(one, other):
        return True
    earlier, later = sorted((one, other), key=by_id)
    follows = later.first_id == earlier.last_id + 1 and _are_in_order(earlier, later)
    return follows and later.from_ms - 1 - earlier.to_ms <= LONGEST_REST_MS


def overlap(one: Span, other: Span) -> bool:
    """Whether they have a trade in common: the same id of the same contract.

    Contracts of one name never trade at the same time; spans that just touch in time must agree in the order of their edges.
    """
    if one.first_id > other.last_id or other.first_id > one.last_id:
        return False
    common_ms = min(one.to_ms, other.to_ms) - (max(one.from_ms, other.from_ms) - 1)
    if abs(common_ms) > DISORDER_MS:
        return common_ms > 0
    return _are_in_order(one, other) and _are_in_order(other, one)


def _are_in_order(one: Span, other: Span) -> bool:
    """Whether where the ids of `one` begin and end earlier, its time does."""
    begins = one.first_id >= other.first_id or one.from_ms <= other.from_ms + DISORDER_MS
    return begins and (one.last_id >= other.last_id or one.to_ms <= other.to_ms + DISORDER_MS)


def covers(spans: Iterable[Span], minute_ms: int) -> bool:
    """Whether the minute that opens at `minute_ms` lies inside one of the spans."""
    return any(span.from_ms <= minute_ms and minute_ms + MINUTE_MS <= span.to_ms for span in spans)


def touches(span: Span, minute_ms: int) -> bool:
    """Whether the span may hold trades of that minute; its first one may lie a millisecond before `from_ms`."""
    low, high = sorted((span.from_ms - 1, span.to_ms))
    return low < minute_ms + MINUTE_MS and minute_ms <= high


def has_more_of(one: Span, other: Span, minute_ms: int) -> bool:
    """Whether, within that minute, `one` has every trade that `other` has. Their ids must overlap."""
    from_start = one.first_id <= other.first_id or one.from_ms <= minute_ms
    to_end = one.last_id >= other.last_id or one.to_ms >= minute_ms + MINUTE_MS
    return from_start and to_end


def edges(span: Span) -> tuple[int, int]:
    """The minutes of the first trade and of the end."""
    first_ms, end_ms = span.from_ms - 1, span.to_ms
    return first_ms - first_ms % MINUTE_MS, end_ms - end_ms % MINUTE_MS
