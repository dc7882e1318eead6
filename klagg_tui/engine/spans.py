"""The algebra of spans: runs of aggregate ids whose trades are all in the bars.

Two spans whose ids touch or overlap are one, since no trade lies between them; a minute that lies inside one span is
complete. That is what makes one day's file after another equal to both at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.period import DAY_MS, MINUTE_MS

LONGEST_REST_MS: Final = DAY_MS
"""No symbol that trades rests longer. The thinnest contracts trade every few hours; what lies further apart was halted, or is
another contract whose ids happen to go on, so two trades that far apart prove nothing about the time between them."""

SpanKey: TypeAlias = tuple[str, int]
"""Symbol and first id."""


class Span(NamedTuple):
    """A run of consecutive aggregate ids that the bars contain, and the time for which that is all there was."""

    symbol: str
    first_id: int
    last_id: int
    from_ms: int
    """Every trade from here on ..."""
    to_ms: int
    """... to before here is in the bars. A 1m bar is complete where it lies in between."""

    @property
    def key(self) -> SpanKey:
        """The same however far it grows."""
        return self[:2]


class Joint(NamedTuple):
    """What came of adding a span to others."""

    spans: tuple[Span, ...]
    """All of them, none touching another, by id."""
    span: Span
    """The one that holds what was added."""
    taken: tuple[Span, ...]
    """Those that went into it, by id."""


def join(spans: Sequence[Span], added: Span, before: Span | None = None) -> Joint:
    """Add one span to spans that do not touch each other.

    `before` is the span of the same run when it was added earlier: `added` may take back that nothing was traded after it.
    """
    low = bisect_left(spans, added.first_id - 1, key=_last_id)
    high = bisect_right(spans, added.last_id + 1, key=by_id)
    taken = tuple(spans[low:high])
    whole = _joined((*taken, added))
    if before and before.last_id == added.last_id == whole.last_id:
        whole = whole._replace(to_ms=added.to_ms)
    return Joint((*spans[:low], whole, *spans[high:]), whole, taken)


def _joined(parts: Sequence[Span]) -> Span:
    """Parts as one: complete from where the first of them is, to where the last of them is."""
    first = min(parts, key=lambda part: (part.first_id, part.from_ms))
    last = max(parts, key=lambda part: (part.last_id, part.to_ms))
    return Span(first.symbol, first.first_id, last.last_id, first.from_ms, last.to_ms)


def _last_id(span: Span) -> int:
    return span.last_id


def by_id(span: Span) -> int:
    """Sorts spans."""
    return span.first_id


def overlap(one: Span, other: Span) -> bool:
    """Whether they have an id in common."""
    return one.first_id <= other.last_id and other.first_id <= one.last_id


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
