"""What one run of writing knows of a symbol: which trades it has, and which were stored before, minute by minute.

A run is one engine's life: its spans grow and its bars come again and again, each time with all its trades. A minute in
which an earlier span ends and the run's begins has two pieces. Whether they add up, or one has all trades of the other,
follows from the ids; what was stored before the run is remembered, so that a piece that comes again is not added twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Self

from klagg_tui.engine.bar import Bar, State, merge
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.engine.spans import Span, SpanKey, by_id, covers, edges, has_more_of, overlap, touches

_REMEMBERED: Final = 4096
_REMEMBERED_MS: Final = 24 * 60 * MINUTE_MS
"""How far back a run may change its bars; an engine holds about an hour."""


class Relation(Enum):
    """How the trades of a run relate to those of earlier spans, within one minute."""

    UNKNOWN = auto()
    """At least one of the two has no spans."""
    DISJOINT = auto()
    """No trade is in both."""
    SUPERSET = auto()
    """The run has all that was there."""
    SUBSET = auto()
    """All that the run has was there."""
    MIXED = auto()
    """Some trades are in both, and each has some of its own: the bars cannot be taken apart."""


@dataclass(slots=True)
class Ledger:
    """One symbol in one run.

    Args:
        others: the spans stored when the run came to the symbol.
        is_seeded: whether the run's bars hold what was stored of a minute (a live engine stands on stored bars).
    """

    others: tuple[Span, ...]
    is_seeded: bool = False
    own: dict[SpanKey, Span] = field(default_factory=dict)
    _unclear: dict[SpanKey, Span] = field(default_factory=dict)
    _waiting: dict[int, Bar] = field(default_factory=dict)
    """Pieces that belong to spans not clear yet."""
    _bases: dict[int, Bar | None] = field(default_factory=dict)

    def copy(self) -> Self:
        """A copy, to be restored where a batch fails."""
        return type(self)(
            self.others, self.is_seeded, dict(self.own), dict(self._unclear), dict(self._waiting), dict(self._bases)
        )

    def take(self, span: Span) -> bool:
        """Take in a span of the run as it is now; returns whether it may be stored.

        A span that ends or begins in the middle of a minute's stored trades stays out until it has grown past it.
        """
        key = span.key
        before = self.own.get(key)
        self.own[key] = span
        if not self._is_unclear(span):
            self._unclear.pop(key, None)
            return True
        self._unclear[key] = span
        if before is None:
            del self.own[key]
        else:
            self.own[key] = before
        return False

    def ready(self, bars: Iterable[Bar]) -> list[Bar]:
        """The bars that may be stored, those held back before among them; others wait for their spans."""
        waiting = {**self._waiting, **{bar.open_ms: bar for bar in bars}}
        self._waiting = {minute_ms: bar for minute_ms, bar in waiting.items() if self._must_wait(bar)}
        return [bar for minute_ms, bar in sorted(waiting.items()) if minute_ms not in self._waiting]

    def base(self, minute_ms: int, stored: Bar | None) -> Bar | None:
        """What was stored of a minute before the run; `stored` is what is there now."""
        return self._bases.setdefault(minute_ms, stored)

    def merged(self, bar: Bar, base: Bar | None) -> Bar:
        """The minute of `bar`, as the run has it, with what was stored before; the state is the better known one."""
        if base is None or bar.state is State.CONFIRMED:
            return bar
        if base.state is State.CONFIRMED:
            return base
        minute_ms = bar.open_ms
        own, others = self._spans_at(minute_ms)
        relation = _relation(own, others, minute_ms, is_seeded=self.is_seeded)
        if relation is Relation.DISJOINT and not (base.state is State.CLOSED and not covers(others, minute_ms)):
            return _sum(bar, own, base, others)
        if bar.state is not base.state:
            return max(base, bar, key=_rank)
        if relation is not Relation.UNKNOWN:
            return bar if relation is Relation.SUPERSET else base
        # Spans alone say later what is missing, so a piece without one gives way to a piece that has one.
        if own and bar.state is State.PARTIAL:
            return bar
        return max(base, bar, key=_knowledge)

    def forget_old(self, newest_ms: int) -> None:
        """Forget minutes that the run cannot change any more."""
        if len(self._bases) > _REMEMBERED:
            since_ms = newest_ms - _REMEMBERED_MS
            self._bases = {minute_ms: base for minute_ms, base in self._bases.items() if minute_ms >= since_ms}
        if len(self.own) > _REMEMBERED:
            since_ms = newest_ms - _REMEMBERED_MS
            self.own = {key: span for key, span in self.own.items() if span.to_ms >= since_ms}

    def _must_wait(self, bar: Bar) -> bool:
        return bar.state is State.PARTIAL and any(touches(span, bar.open_ms) for span in self._unclear.values())

    def _spans_at(self, minute_ms: int) -> tuple[list[Span], list[Span]]:
        own = [span for span in self.own.values() if touches(span, minute_ms)]
        return own, [span for span in self.others if touches(span, minute_ms)]

    def _is_unclear(self, span: Span) -> bool:
        met = [other for other in self.others if overlap(span, other)]
        for minute_ms in {minute_ms for one in (span, *met) for minute_ms in edges(one)} if met else ():
            own, others = self._spans_at(minute_ms)
            is_whole = covers(own, minute_ms) or covers(others, minute_ms)
            if not is_whole and _relation(own, others, minute_ms) is Relation.MIXED:
                return True
        return False


class Run:
    """One engine's life as its bars are written: a ledger for each of its symbols."""

    def __init__(self, *, is_seeded: bool) -> None:
        self.ledgers: dict[str, Ledger] = {}
        self._is_seeded = is_seeded

    def begin(self, symbols: Iterable[str], spans: Mapping[str, tuple[Span, ...]]) -> dict[str, Ledger | None]:
        """Have a ledger for each of the symbols; returns what to restore where the batch fails."""
        before: dict[str, Ledger | None] = {}
        for symbol in symbols:
            ledger = self.ledgers.get(symbol)
            before[symbol] = ledger.copy() if ledger else None
            if ledger is None:
                self.ledgers[symbol] = Ledger(spans.get(symbol, ()), self._is_seeded)
        return before

    def roll_back(self, before: Mapping[str, Ledger | None]) -> None:
        """Undo a batch."""
        for symbol, ledger in before.items():
            if ledger is None:
                del self.ledgers[symbol]
            else:
                self.ledgers[symbol] = ledger


def _relation(own: list[Span], others: list[Span], minute_ms: int, *, is_seeded: bool = False) -> Relation:
    if not own or not others:
        return Relation.UNKNOWN
    if is_seeded and all(any(_knows_since(mine, other, minute_ms) for mine in own) for other in others):
        return Relation.SUPERSET
    if not any(overlap(mine, other) for mine in own for other in others):
        return Relation.DISJOINT
    if all(_is_contained(other, own, minute_ms) for other in others):
        return Relation.SUPERSET
    if all(_is_contained(mine, others, minute_ms) for mine in own):
        return Relation.SUBSET
    return Relation.MIXED


def _is_contained(span: Span, by: Sequence[Span], minute_ms: int) -> bool:
    return any(overlap(span, other) and has_more_of(other, span, minute_ms) for other in by)


def _knows_since(mine: Span, other: Span, minute_ms: int) -> bool:
    """Whether the bar of `mine` has every trade from the first one of `other` on.

    Its time shows it; or it is complete from the next minute on only, which is how an engine begins that was given
    a stored piece of a minute to stand on.
    """
    end_ms = minute_ms + MINUTE_MS
    begins = mine.from_ms <= max(minute_ms, other.from_ms) or mine.from_ms == end_ms
    return begins and mine.to_ms >= min(end_ms, other.to_ms)


def _sum(bar: Bar, own: list[Span], base: Bar, others: list[Span]) -> Bar:
    """Both pieces as one bar, opened by the one with the lowest id and closed by the one with the highest."""
    if not (bar.is_traded and base.is_traded):
        return merge(base, bar)._replace(state=State.PARTIAL)
    first = min((*own, *others), key=by_id)
    last = max((*own, *others), key=by_id)
    return merge(base, bar)._replace(
        open=bar.open if first in own else base.open,
        close=bar.close if last in own else base.close,
        state=State.PARTIAL,
    )


def _rank(bar: Bar) -> int:
    return int(bar.state)


def _knowledge(bar: Bar) -> tuple[int, int]:
    return bar.trade_count, bar.volume
